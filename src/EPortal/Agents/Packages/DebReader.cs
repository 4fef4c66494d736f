using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using SharpCompress.Compressors.Xz;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace EPortal.Agents.Packages;

/// <summary>
/// Reads the control fields of a Debian package (deb(5), format 2.0: an <c>ar</c> archive). Nothing of what it installs
/// is unpacked.
/// </summary>
internal static class DebReader
{
    private const string ArMagic = "!<arch>\n";
    private const int ArHeader = 60;

    /// <summary>Members before the data; signatures (<c>_gpg…</c>) may lie between them.</summary>
    private const int MaxMembers = 10;

    private const int MaxPackedControl = 1 << 20;
    private const int MaxControl = 4 << 20;
    private const int MaxWindowLog = 26;

    /// <summary>How a package begins.</summary>
    public static bool Begins(ReadOnlySpan<byte> head) => head.StartsWith("!<arch>\n"u8);

    /// <summary>Reads them.</summary>
    /// <param name="file">The package, from its beginning.</param>
    /// <exception cref="Data.RefusedException">It is no package, damaged, or out of bounds.</exception>
    public static ControlFields Read(Stream file)
    {
        if (Encoding.ASCII.GetString(file.ReadBytes(ArMagic.Length)) != ArMagic)
            throw BadPackage.Because("not a Debian package: it does not begin as one");
        ControlFields? control = null;
        for (var number = 0; number < MaxMembers; number++)
        {
            var (name, size) = Member(file);
            var next = file.Position + size + size % 2;
            if (
                number == 0
                && (name != "debian-binary" || size is < 4 or > 64 || !IsFormat2(file.ReadBytes((int)size)))
            )
                throw BadPackage.Because("not a Debian package of format 2.0");
            if (name.StartsWith("data.tar", StringComparison.Ordinal))
                return control ?? throw BadPackage.Because("the package has no control archive before its data");
            if (name.StartsWith("control.tar", StringComparison.Ordinal))
            {
                if (control is not null)
                    throw BadPackage.Because("the package has two control archives");
                if (size > MaxPackedControl)
                    throw BadPackage.Because($"the control archive is larger than {MaxPackedControl} bytes");
                control = ControlOf(name["control.tar".Length..], file.ReadBytes((int)size));
            }

            file.Position = next;
        }

        throw BadPackage.Because("the package has no data archive");
    }

    private static (string Name, long Size) Member(Stream file)
    {
        var header = Encoding.Latin1.GetString(file.ReadBytes(ArHeader));
        return
            header.EndsWith("`\n", StringComparison.Ordinal)
            && long.TryParse(header[48..58].TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            && size <= file.Length - file.Position
            ? (header[..16].TrimEnd().TrimEnd('/'), size)
            : throw BadPackage.Because("the package is damaged or truncated: invalid header of a member");
    }

    private static bool IsFormat2(byte[] content) => content.AsSpan().StartsWith("2."u8);

    private static ControlFields ControlOf(string ending, byte[] packed)
    {
        try
        {
            using var tar = new MemoryStream(Unpack(ending, packed));
            using var reader = new TarReader(tar);
            while (reader.GetNextEntry() is { } entry)
            {
                if (
                    entry.Name is "control" or "./control"
                    && entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile
                )
                    return ControlFields.Parse(
                        entry.DataStream?.ReadAtMost(ControlFields.MaxBytes, "the control file") ?? []
                    );
            }
        }
        catch (Exception e) when (e is not (Data.RefusedException or OutOfMemoryException))
        {
            // The readers of these formats throw of many kinds, some of them for no more than a wrong byte.
            throw BadPackage.Because(
                $"the control archive is damaged: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}"
            );
        }

        throw BadPackage.Because("the control archive has no control file");
    }

    private static byte[] Unpack(string ending, byte[] packed)
    {
        if (ending == ".xz")
            XzGuard.Check(packed, MaxControl);
        using var content = new MemoryStream(packed);
        using Stream plain = ending switch
        {
            "" => content,
            ".gz" => new GZipStream(content, CompressionMode.Decompress),
            ".xz" => new XZStream(content),
            ".zst" => Zstd(content),
            _ => throw BadPackage.Because("the control archive is compressed in another way than gz, xz or zst"),
        };
        return plain.ReadAtMost(MaxControl, "the unpacked control archive");
    }

    private static DecompressionStream Zstd(Stream packed)
    {
        var zstd = new DecompressionStream(packed);
        zstd.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxWindowLog);
        return zstd;
    }
}
