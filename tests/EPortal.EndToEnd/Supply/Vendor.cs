using System.Globalization;
using System.Security.Cryptography;
using EPortal.EndToEnd.Portal;
using Xunit;

namespace EPortal.EndToEnd.Supply;

/// <summary>Who makes patchsets and publishes them in a repository of static files.</summary>
internal sealed class Vendor(PortalInstallation installation)
{
    private readonly List<string> _published = [];

    /// <summary>Root of the repository.</summary>
    public string Repository => installation.PathOf("repository");

    private string Key => installation.PathOf("vendor.key");

    /// <summary>Lets an installation trust this vendor.</summary>
    public void Pin(PortalInstallation portal, params string[] besides) =>
        portal.Environment["EPORTAL_TRUSTED_KEYS"] =
            $"[{string.Join(", ", new[] { Key + ".pub" }.Concat(besides).Select(key => $"'{key}'"))}]";

    /// <summary>
    /// Makes a patchset, adds it to the repository and publishes the next index. Of two levels the higher has the
    /// longer archive: payloads differ by more than compression makes of the rest.
    /// </summary>
    public async Task PublishAsync(string name, int level, string? module = null, string? version = null)
    {
        if (!File.Exists(Key))
            await installation.DoAsync("patchset", "keygen", Key);
        var payload = module ?? installation.PathOf($"{name}.payload");
        if (module is null)
            await File.WriteAllBytesAsync(
                payload,
                RandomNumberGenerator.GetBytes(300_000 + (level * 2048)),
                TestContext.Current.CancellationToken
            );
        var archive = installation.PathOf($"{name}.tar.gz");
        await installation.DoAsync(
            "patchset",
            "build",
            "--name",
            name,
            "--target",
            version is null ? Sample.Target : "@" + version,
            "--level",
            level.ToString(CultureInfo.InvariantCulture),
            "--released",
            $"{new DateOnly(2026, 1, 1).AddDays(level):yyyy-MM-dd}T00:00:00Z",
            "--distro",
            "debian12",
            "--key",
            Key,
            archive,
            $"kpatch.bin={payload}"
        );
        await BuildAsync(archive);
        _published.Add(name);
    }

    /// <summary>Runs <c>repository build</c> with the vendor's key.</summary>
    public Task<string> BuildAsync(params string[] arguments) =>
        installation.DoAsync(["repository", "build", "--key", Key, Repository, .. arguments]);
}
