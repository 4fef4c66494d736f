using System.Globalization;
using System.Text;

namespace EPortal.Fuzz;

/// <summary>A member as bytes: its header and its content without filling.</summary>
internal sealed record TarMember(byte[] Header, byte[] Content)
{
    public string Name => Encoding.Latin1.GetString(Header, 0, 100).Split('\0')[0];

    public TarMember With(Action<byte[]> edit)
    {
        var header = (byte[])Header.Clone();
        edit(header);
        return new TarMember(Tars.Sealed(header), Content);
    }

    /// <summary>The member with other content, its size in the header made to fit.</summary>
    public TarMember With(byte[] content) =>
        new TarMember(Header, content).With(header =>
            Encoding.ASCII.GetBytes(Convert.ToString(content.Length, 8).PadLeft(11, '0')).CopyTo(header, 124)
        );
}

/// <summary>Takes plain tar apart and puts it together again, right or wrong.</summary>
internal static class Tars
{
    public const int Block = 512;

    public static List<TarMember> Split(byte[] tar)
    {
        var members = new List<TarMember>();
        var at = 0;
        while (tar.AsSpan(at, Block).ContainsAnyExcept((byte)0))
        {
            var header = tar[at..(at + Block)];
            var size = Convert.ToInt32(Encoding.ASCII.GetString(header, 124, 11), 8);
            members.Add(new TarMember(header, tar[(at + Block)..(at + Block + size)]));
            at += Block + ((size + Block - 1) / Block * Block);
        }

        return members;
    }

    public static byte[] Join(IEnumerable<TarMember> members)
    {
        using var tar = new MemoryStream();
        foreach (var member in members)
        {
            tar.Write(member.Header);
            tar.Write(member.Content);
            tar.Write(new byte[(Block - (member.Content.Length % Block)) % Block]);
        }

        tar.Write(new byte[2 * Block]);
        return tar.ToArray();
    }

    /// <summary>A header whose checksum fits again.</summary>
    public static byte[] Sealed(byte[] header)
    {
        header.AsSpan(148, 8).Fill((byte)' ');
        var sum = Convert.ToString(header.Sum(b => b), 8);
        Encoding
            .ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{sum.PadLeft(6, '0')}\0 "))
            .CopyTo(header, 148);
        return header;
    }
}
