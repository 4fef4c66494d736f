using System.Security.Cryptography;
using System.Text;
using EPortal.Format;

namespace EPortal.Tests.Format;

/// <summary>A small good patchset: two kernels, two files each.</summary>
internal static class SamplePatchset
{
    public const string Name = "K20260501_01";

    public static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly MinisignSecretKey Key = MinisignSecretKey.Generate();
    public static readonly TrustedKeys Trusted = new([Key.PublicKey]);

    /// <summary>A kernel id of one repeated digit.</summary>
    public static string Kernel(char digit) => new(digit, 40);

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    public static FileEntry Entry(byte[] content) =>
        new(content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));

    public static Manifest Head(string name = Name, Product product = Product.Kernel) =>
        new()
        {
            Name = name,
            Product = product,
            Released = Now - TimeSpan.FromHours(1),
            Distros = ["debian12"],
            Summary = "Two fixes",
            Changelog = "- one\n- two\n",
            Targets = [],
        };

    public static ManifestTarget Target(string id, int level = 1) =>
        new()
        {
            Id = id,
            Level = level,
            Distro = "debian12",
            Release = "6.1.0-1-amd64",
            Cves = ["CVE-2026-0001"],
            Files = new Dictionary<string, FileEntry>(),
        };

    /// <summary>A builder of the sample; <paramref name="salt"/> makes other payload.</summary>
    public static PatchsetBuilder Builder(string name = Name, string salt = "", Product product = Product.Kernel)
    {
        var builder = new PatchsetBuilder(Head(name, product));
        foreach (var digit in "ab")
        {
            builder.AddTarget(Target(Kernel(digit)));
            builder.AddFile(Kernel(digit), "kpatch.bin", Text($"payload {digit}{salt}"));
            builder.AddFile(Kernel(digit), "kpatch.info", Text(new KpatchInfo { Os = "debian12" }.ToText()));
        }

        return builder;
    }

    /// <summary>The sample's archive.</summary>
    public static Task<byte[]> BuildAsync(
        Compression compression = Compression.None,
        MinisignSecretKey? key = null,
        string name = Name,
        string salt = ""
    ) => BytesAsync(Builder(name, salt), compression, key);

    public static async Task<byte[]> BytesAsync(
        PatchsetBuilder builder,
        Compression compression,
        MinisignSecretKey? key
    )
    {
        using var output = new MemoryStream();
        await builder.WriteAsync(output, compression, key, CancellationToken.None);
        return output.ToArray();
    }

    /// <summary>Compresses any bytes as an archive would be.</summary>
    public static byte[] Compress(byte[] bytes, Compression compression)
    {
        using var output = new MemoryStream();
        using (var compressed = Compressions.Compress(compression, output))
            compressed.Write(bytes);
        return output.ToArray();
    }
}
