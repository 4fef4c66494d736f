using EPortal.Format;

namespace EPortal.Tests.Data;

/// <summary>Manifests of patchsets whose files nobody opens.</summary>
internal static class Manifests
{
    public static StagedPatchset Staged(string name, DateTimeOffset released, IEnumerable<string> targets, int level) =>
        new(
            new Manifest
            {
                Format = 1,
                Name = name,
                Product = Product.Kernel,
                Released = released,
                Channel = "default",
                Distros = ["debian12"],
                Summary = "",
                Changelog = "",
                Targets =
                [
                    .. targets.Select(target => new ManifestTarget
                    {
                        Id = target,
                        Level = level,
                        Distro = "debian12",
                        Release = "6.1.0-1-amd64",
                        Euname = $"6.1.0-{level}-amd64",
                        Machine = "x86_64",
                        Cves = [],
                        Files = new Dictionary<string, FileEntry> { ["kpatch.bin"] = new(3, new string('0', 64)) },
                    }),
                ],
            },
            [],
            null,
            null,
            3
        );
}
