using System.Text;
using EPortal.Format;

namespace EPortal.Fuzz;

/// <summary>A good archive to start from: its plain tar and how it is to be compressed.</summary>
internal sealed record Seed(byte[] Tar, Compression Compression, bool Signed);

/// <summary>Good archives, the same at every run.</summary>
internal static class Seeds
{
    public static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Signed and unsigned, in each compression, of a kernel and of another product.</summary>
    public static async Task<IReadOnlyList<Seed>> AllAsync(MinisignSecretKey key)
    {
        var seeds = new List<Seed>();
        foreach (var product in (Product[])[Product.Kernel, Product.User])
        {
            foreach (var signed in (bool[])[true, false])
            {
                using var tar = new MemoryStream();
                await Builder(product).WriteAsync(tar, Compression.None, signed ? key : null, CancellationToken.None);
                seeds.AddRange(
                    Enum.GetValues<Compression>().Select(compression => new Seed(tar.ToArray(), compression, signed))
                );
            }
        }

        return seeds;
    }

    private static PatchsetBuilder Builder(Product product)
    {
        var builder = new PatchsetBuilder(
            new Manifest
            {
                Name = "K20260501_01",
                Product = product,
                Released = Now - TimeSpan.FromDays(1),
                Distros = ["debian12", "almalinux9"],
                Summary = "For trying",
                Changelog = "- one\n- two\n",
                Targets = [],
            }
        );
        foreach (var digit in "0a")
        {
            var id = new string(digit, 40);
            builder.AddTarget(
                new ManifestTarget
                {
                    Id = id,
                    Level = digit,
                    Release = "6.1.0-1-amd64",
                    Cves = ["CVE-2026-0001"],
                    Files = new Dictionary<string, FileEntry>(),
                }
            );
            builder.AddFile(
                id,
                "kpatch.bin",
                Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"code {digit} ", 150)))
            );
            builder.AddFile(id, "kpatch.info", Encoding.UTF8.GetBytes(new KpatchInfo { Os = "debian12" }.ToText()));
            builder.AddFile(id, "empty", []);
        }

        return builder;
    }
}
