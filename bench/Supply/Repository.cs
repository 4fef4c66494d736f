using System.Globalization;
using System.Security.Cryptography;
using EPortal.Format;

namespace Bench.Supply;

/// <summary>A vendor's repository to measure with: archives of random bytes, signed.</summary>
internal sealed class Repository
{
    private readonly MinisignSecretKey _key = MinisignSecretKey.Generate();
    private readonly string _folder;
    private readonly List<string> _archives = [];
    private int _released;

    public Repository(string folder)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        File.WriteAllText(KeyFile, _key.ToText());
    }

    /// <summary>Root of the tree.</summary>
    public string Root => Path.Combine(_folder, "tree");

    /// <summary>The key that portals have to trust.</summary>
    public string PublicKey => _key.PublicKey.ToString();

    public IReadOnlyList<string> Archives => _archives;

    private string KeyFile => Path.Combine(_folder, "vendor.key");

    /// <summary>Makes a patchset of some targets, each with some files of one size in bytes.</summary>
    public async Task AddAsync(string name, IEnumerable<string> targets, int files, int bytes, int level = 1)
    {
        var builder = new PatchsetBuilder(
            new Manifest
            {
                Name = name,
                Product = Product.Kernel,
                Released = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours(_released++),
                Channel = "default",
                Distros = ["almalinux9"],
                Summary = "",
                Changelog = "",
                Targets = [],
            }
        );
        foreach (var target in targets)
        {
            builder.AddTarget(
                new ManifestTarget
                {
                    Id = target,
                    Level = level,
                    Cves = [],
                    Files = new Dictionary<string, FileEntry>(),
                }
            );
            for (var file = 0; file < files; file++)
                builder.AddFile(
                    target,
                    file == 0 ? "kpatch.bin" : $"part{file.ToString(CultureInfo.InvariantCulture)}",
                    RandomNumberGenerator.GetBytes(bytes)
                );
        }

        var path = Path.Combine(_folder, $"{name}.tar");
        await using var archive = File.Create(path);
        await builder.WriteAsync(archive, Compression.None, _key, CancellationToken.None);
        _archives.Add(path);
    }

    /// <summary>Publishes what was added.</summary>
    public Task PublishAsync(PortalUnderTest portal) =>
        portal.CommandAsync(["repository", "build", "--key", KeyFile, Root, .. _archives]);
}
