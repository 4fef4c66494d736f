using System.Security.Cryptography;

namespace EPortal.Agents.Packages;

/// <summary>What an RPM package says of itself (lead, signature header, header); its payload is not unpacked.</summary>
internal sealed class RpmPackage
{
    private const int Lead = 96;
    private const int SignatureRegion = 62;

    /// <summary>Today's packages say in the signature header how long the payload is.</summary>
    private const int SignedPayloadSize = 1007;

    /// <summary>Signatures of the header: DSA, RSA, OpenPGP of any kind.</summary>
    private const int HeaderDsa = 267;
    private const int HeaderRsa = 268;
    private const int HeaderOpenPgp = 278;

    /// <summary>Signatures of header and payload, which rpm before 4.14 wants: PGP, GPG, PGP 5.</summary>
    private const int WholePgp = 1002;
    private const int WholeGpg = 1005;
    private const int WholePgp5 = 1006;

    /// <summary>Length and MD5 of header and payload, SHA-256 of the header, in the signature header.</summary>
    private const int WholeSize = 1000;
    private const int WholeMd5 = 1004;
    private const int HeaderSha256 = 273;

    /// <summary>Hash of the payload and its kind (8 is SHA-256, RFC 4880, 9.4), in the header.</summary>
    private const int PayloadDigest = 5092;
    private const int PayloadDigestKind = 5093;
    private const int Sha256Kind = 8;

    /// <summary>Room kept for signatures to come.</summary>
    private const int Reserved = 1008;

    private static readonly int[] s_signatures =
    [
        HeaderDsa,
        HeaderRsa,
        HeaderOpenPgp,
        WholePgp,
        WholeGpg,
        WholePgp5,
        Reserved,
        999, // the same room, in rpm 4.15 and later
    ];

    private readonly byte[] _lead;
    private readonly RpmHeader _signatures;

    private RpmPackage(byte[] lead, RpmHeader signatures, RpmHeader header, long headerStart, long headerEnd) =>
        (_lead, _signatures, Header, HeaderStart, HeaderEnd) = (lead, signatures, header, headerStart, headerEnd);

    /// <summary>All that the package says of itself.</summary>
    public RpmHeader Header { get; }

    /// <summary>Where the header begins in the file, in bytes.</summary>
    public long HeaderStart { get; }

    /// <summary>Where it ends.</summary>
    public long HeaderEnd { get; }

    /// <summary>Length of the file, in bytes.</summary>
    public required long FileSize { get; init; }

    public string Name => Header.Text(1000);

    public string Version => Header.Text(1001);

    public string Release => Header.Text(1002);

    public long Epoch => Header.NumberOrNull(1003) ?? 0;

    /// <summary>When it was built, in seconds since 1970; 0 where it does not say.</summary>
    public long Built => Header.NumberOrNull(1006) ?? 0;

    public string Architecture => Header.Text(1022);

    /// <summary>Length of the files as the package holds them, before they are compressed, in bytes.</summary>
    public long PayloadSize => Header.NumberOrNull(1046) ?? _signatures.NumberOrNull(SignedPayloadSize) ?? 0;

    /// <summary>Source packages have no name of a source package they were made from.</summary>
    public bool IsSource => Header.Text(1044).Length == 0;

    /// <summary>How a package begins.</summary>
    public static bool Begins(ReadOnlySpan<byte> head) => head.StartsWith((ReadOnlySpan<byte>)[0xed, 0xab, 0xee, 0xdb]);

    /// <summary>Reads a package from its beginning.</summary>
    /// <exception cref="Data.RefusedException">It is damaged or out of bounds.</exception>
    public static RpmPackage Read(Stream file)
    {
        var lead = file.ReadBytes(Lead);
        var signatures = RpmHeader.Read(file);
        file.ReadBytes((int)((8 - file.Position % 8) % 8));
        var start = file.Position;
        var header = RpmHeader.Read(file);
        var package = new RpmPackage(lead, signatures, header, start, file.Position) { FileSize = file.Length };
        package.RequireWhole(file);
        return package;
    }

    /// <summary>
    /// Refuses a package that is not what its builder made, by the sums that it carries: SHA-256 of header and payload,
    /// in old packages MD5 of both, and their length.
    /// </summary>
    private void RequireWhole(Stream file)
    {
        if (_signatures.NumberOrNull(WholeSize) is { } size && size != FileSize - HeaderStart)
            throw Damaged();
        if (_signatures.Text(HeaderSha256) is { Length: > 0 } header && header != Hex(SHA256.HashData(Header.Bytes)))
            throw Damaged();
        var payload = Header.Texts(PayloadDigest) is [var first, ..] ? first : null;
        if (payload is not null && Header.NumberOrNull(PayloadDigestKind) == Sha256Kind)
        {
            file.Position = HeaderEnd;
            if (payload != Hex(SHA256.HashData(file)))
                throw Damaged();
        }
        else if (_signatures.BinaryOrNull(WholeMd5) is { } sum)
        {
            file.Position = HeaderStart;
#pragma warning disable CA5351 // Packages of old systems have no other; it shows damage, and nothing relies on it for more.
            var found = MD5.HashData(file);
#pragma warning restore CA5351
            if (!sum.AsSpan().SequenceEqual(found))
                throw Damaged();
        }
        else
        {
            throw BadPackage.Because("the package carries no checksum of its content");
        }
    }

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);

    private static Data.RefusedException Damaged() =>
        BadPackage.Because("the package is damaged: its content does not have the checksum that it carries");

    /// <summary>
    /// Writes the same package signed by <paramref name="key"/> instead of whoever signed it before: the header as
    /// today's rpm checks it, and header with payload as rpm before 4.14 does.
    /// </summary>
    /// <param name="source">The package.</param>
    /// <param name="target">Where the signed one is to be; there whole or not at all.</param>
    /// <param name="key">Signs it.</param>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public void WriteSigned(string source, string target, RepositoryKey key)
    {
        using var file = File.OpenRead(source);
        file.Position = HeaderStart;
        var signatures = _signatures.With(
            SignatureRegion,
            s_signatures,
            new Dictionary<int, byte[]>
            {
                [HeaderRsa] = key.Sign(new MemoryStream(Header.Bytes)),
                [WholePgp] = key.Sign(file),
            }
        );
        file.Position = HeaderStart;
        var temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var output = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                output.Write(_lead);
                output.Write(signatures);
                file.CopyTo(output);
                output.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
