using EPortal.Format;
using Xunit;

namespace EPortal.Tests.Agents;

/// <summary>Small real patchset archives.</summary>
internal static class Archives
{
    /// <summary>An archive of one target, unsigned unless a key is given; at its start.</summary>
    public static async Task<MemoryStream> MakeAsync(
        string name,
        int level,
        DateTimeOffset released,
        Product product,
        string target,
        byte[]? payload = null,
        MinisignSecretKey? key = null,
        params IReadOnlyList<string> cves
    )
    {
        var builder = new PatchsetBuilder(
            new Manifest
            {
                Name = name,
                Product = product,
                Released = released,
                Channel = "default",
                Distros = product == Product.Kernel ? ["debian12"] : [],
                Summary = "",
                Changelog = "",
                Targets = [],
            }
        );
        builder.AddTarget(
            new ManifestTarget
            {
                Id = target,
                Level = level,
                Distro = "debian12",
                Release = "6.1.0-18-amd64",
                Euname = $"6.1.0-{18 + level}-amd64",
                Machine = "x86_64",
                Cves = cves,
                Files = new Dictionary<string, FileEntry>(),
            }
        );
        builder.AddFile(target, "kpatch.bin", payload ?? Payload(level));
        var archive = new MemoryStream();
        await builder.WriteAsync(archive, Compression.None, key, TestContext.Current.CancellationToken);
        archive.Position = 0;
        return archive;
    }

    /// <summary>What <see cref="MakeAsync"/> puts into a patch that is given no payload.</summary>
    public static byte[] Payload(int level) => [.. Enumerable.Range(0, 10_000).Select(n => (byte)((n * level) + n))];
}
