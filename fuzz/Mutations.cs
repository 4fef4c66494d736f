using System.Text;
using EPortal.Format;
using ICSharpCode.SharpZipLib.BZip2;

namespace EPortal.Fuzz;

/// <summary>What was done to a seed.</summary>
internal enum Mutation
{
    None,
    BitFlips,
    Truncation,
    Splice,
    Insertion,
    HeaderField,
    HeaderKind,
    Reorder,
    Duplicate,
    Drop,
    Content,
    ManifestToken,
    ManifestBytes,
    DescriptionToken,
    PackedBitFlips,
    PackedTruncation,
    PackedSplice,
}

/// <summary>An archive to try and how it was made.</summary>
internal sealed record Case(byte[] Archive, Mutation Mutation, Compression Compression, bool Signed);

/// <summary>Makes archives out of seeds. The same number gives the same archive.</summary>
internal sealed class Mutations(IReadOnlyList<Seed> seeds, MinisignSecretKey key)
{
    private const int ManifestAt = 0;

    /// <summary>Places in a header that decide what a reader sees: offset and length.</summary>
    private static readonly (int At, int Length)[] Fields =
    [
        (0, 100),
        (100, 8),
        (108, 8),
        (116, 8),
        (124, 12),
        (136, 12),
        (156, 1),
        (157, 100),
        (257, 8),
        (265, 64),
        (329, 8),
        (337, 8),
        (345, 155),
    ];

    private static readonly string[] Values =
    [
        "../../../../tmp/x",
        "/tmp/x",
        "77777777777",
        "777777777777",
        "\x80\0\0\0\0\0\0\0\x7f\xff\xff\xff",
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        "-1",
        "",
        " ",
        "\0x",
        "00000000000\0",
        "00000001000",
        "manifest.json",
        "9",
        "ustar  \0",
        "ustar\0" + "00",
        "\x80\x7f\xff\xff\xff\xff\xff\xff",
    ];

    public Case Make(ulong number)
    {
        var random = new SmallRandom(number);
        var seed = seeds[random.Below(seeds.Count)];
        var mutation = (Mutation)random.Below(Enum.GetValues<Mutation>().Length);
        var tar = Plain(seed, mutation, random);
        using var packed = new MemoryStream();
        using (var compressed = Compress(seed.Compression, packed))
            compressed.Write(tar);
        return new Case(Packed(packed.ToArray(), mutation, random), mutation, seed.Compression, seed.Signed);
    }

    /// <summary>Small blocks of bzip2, because making large ones is most of the time.</summary>
    private static Stream Compress(Compression compression, Stream output) =>
        compression == Compression.Bzip2
            ? new BZip2OutputStream(output, 1) { IsStreamOwner = false }
            : Compressions.Compress(compression, output);

    private byte[] Plain(Seed seed, Mutation mutation, SmallRandom random)
    {
        switch (mutation)
        {
            case Mutation.BitFlips:
                return Flip((byte[])seed.Tar.Clone(), random);
            case Mutation.Truncation:
                return seed.Tar[..random.Below(seed.Tar.Length)];
            case Mutation.Splice:
                return Splice(seed.Tar, seeds[random.Below(seeds.Count)].Tar, random);
            case Mutation.Insertion:
                var at = random.Below(seed.Tar.Length);
                return [.. seed.Tar[..at], .. Bytes(random, 1 + random.Below(1024)), .. seed.Tar[at..]];
            default:
                var members = Tars.Split(seed.Tar);
                Change(members, seed, mutation, random);
                return Tars.Join(members);
        }
    }

    private static byte[] Packed(byte[] archive, Mutation mutation, SmallRandom random) =>
        mutation switch
        {
            Mutation.PackedBitFlips => Flip(archive, random),
            Mutation.PackedTruncation => archive[..random.Below(archive.Length)],
            Mutation.PackedSplice => Splice(archive, archive, random),
            _ => archive,
        };

    private void Change(List<TarMember> members, Seed seed, Mutation mutation, SmallRandom random)
    {
        var which = random.Below(members.Count);
        var other = random.Below(members.Count);
        switch (mutation)
        {
            case Mutation.HeaderField:
                members[which] = members[which].With(header => Edit(header, random));
                break;
            case Mutation.HeaderKind:
                members[which] = members[which].With(header => header[156] = random.Byte());
                break;
            case Mutation.Reorder:
                (members[which], members[other]) = (members[other], members[which]);
                break;
            case Mutation.Duplicate:
                members.Insert(other, members[which]);
                break;
            case Mutation.Drop:
                members.RemoveAt(which);
                break;
            case Mutation.Content:
                members[which] = members[which].With(Flip([.. members[which].Content, 0], random));
                break;
            case Mutation.ManifestToken or Mutation.ManifestBytes:
                var json = members[ManifestAt].Content;
                members[ManifestAt] = members[ManifestAt]
                    .With(
                        mutation == Mutation.ManifestToken
                            ? JsonEdits.Edit(json, random)
                            : Flip((byte[])json.Clone(), random)
                    );
                Resign(members, seed);
                break;
            case Mutation.DescriptionToken:
                EditDescription(members, seed, random);
                break;
        }
    }

    /// <summary>
    /// A description that says something else, with its signature, its hash in the manifest and that one's signature
    /// right.
    /// </summary>
    private void EditDescription(List<TarMember> members, Seed seed, SmallRandom random)
    {
        var at = members.FindIndex(member => member.Name.EndsWith(PatchDescription.FileName, StringComparison.Ordinal));
        if (at < 0)
            return;
        var old = Hash(members[at].Content);
        members[at] = members[at].With(JsonEdits.Edit(members[at].Content, random));
        var oldSignature = Hash(members[at + 1].Content);
        members[at + 1] = members[at + 1].With(Sign(members[at].Content));
        var manifest = Encoding
            .UTF8.GetString(members[ManifestAt].Content)
            .Replace(old, Hash(members[at].Content), StringComparison.Ordinal)
            .Replace(oldSignature, Hash(members[at + 1].Content), StringComparison.Ordinal);
        members[ManifestAt] = members[ManifestAt].With(Encoding.UTF8.GetBytes(manifest));
        Resign(members, seed);
    }

    private void Resign(List<TarMember> members, Seed seed)
    {
        if (seed.Signed)
            members[1] = members[1].With(Sign(members[ManifestAt].Content));
    }

    private byte[] Sign(byte[] content) => Encoding.UTF8.GetBytes(key.Sign(content, "fuzz", "fuzz"));

    private static string Hash(byte[] content) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content));

    private static void Edit(byte[] header, SmallRandom random)
    {
        var (at, length) = Fields[random.Below(Fields.Length)];
        var value =
            random.Below(3) == 0
                ? Bytes(random, length)
                : Encoding.Latin1.GetBytes(Values[random.Below(Values.Length)]);
        header.AsSpan(at, length).Clear();
        value.AsSpan(0, Math.Min(value.Length, length)).CopyTo(header.AsSpan(at));
    }

    private static byte[] Flip(byte[] bytes, SmallRandom random)
    {
        for (var n = 1 + random.Below(8); n > 0 && bytes.Length > 0; n--)
            bytes[random.Below(bytes.Length)] ^= (byte)(1 << random.Below(8));
        return bytes;
    }

    private static byte[] Splice(byte[] one, byte[] other, SmallRandom random)
    {
        var from = random.Below(other.Length);
        return
        [
            .. one[..random.Below(one.Length)],
            .. other[from..(from + random.Below(other.Length - from + 1))],
            .. one[random.Below(one.Length)..],
        ];
    }

    private static byte[] Bytes(SmallRandom random, int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
            bytes[i] = random.Byte();
        return bytes;
    }
}
