using System.Globalization;
using System.Text;

namespace EPortal.Agents.Packages;

/// <summary>
/// The metadata of an APT repository (deb822(5), suite <c>stable</c>, component <c>main</c>), signed. Its lists can be
/// fetched by hash, so that a change between two requests never gives a mix.
/// </summary>
internal static class AptRepository
{
    private const string Suite = "dists/stable/";
    private const string Pool = "pool/main/k/kernelcare/";

    /// <summary>Fields of a list that say where a file is and what is in it; a package may not say so itself.</summary>
    private static readonly string[] Own =
    [
        "Filename",
        "Size",
        "MD5sum",
        "SHA1",
        "SHA256",
        "SHA512",
        "Description-md5",
        "Status",
    ];

    /// <summary>Part of an address that names content by its hash.</summary>
    public const string ByHash = "/by-hash/SHA256/";

    /// <summary>All files by their path in the repository.</summary>
    /// <param name="packages">Packages on offer; others than Debian's are left out.</param>
    /// <param name="key">Signs it.</param>
    /// <param name="now">When it is made.</param>
    /// <param name="until">From when on package managers refuse it, so that nobody can hold back newer ones for ever.
    /// </param>
    public static Dictionary<string, RepositoryFile> Build(
        IReadOnlyList<AgentPackageFile> packages,
        RepositoryKey key,
        DateTimeOffset now,
        DateTimeOffset until
    )
    {
        var files = new Dictionary<string, RepositoryFile>(StringComparer.Ordinal);
        var lists = new List<(string Path, RepositoryFile File)>();
        foreach (var architecture in AgentPackageFile.DebArchitectures)
        {
            var offered = packages.Where(p => p.Control is not null && p.Architecture == architecture).ToList();
            foreach (var package in offered)
                files[Pool + package.Name] = new RepositoryFile(package.Size, package.Sha256, null, package.Path);
            var list = RepositoryFile.Of(string.Concat(offered.Select(Paragraph)));
            lists.Add(($"main/binary-{architecture}/Packages", list));
            lists.Add(($"main/binary-{architecture}/Packages.gz", list.Gzip()));
        }

        foreach (var (path, file) in lists)
        {
            files[Suite + path] = file;
            files[Suite + Path.GetDirectoryName(path) + ByHash + file.Sha256] = file;
        }

        var release = Release(lists, now, until);
        files[Suite + "Release"] = RepositoryFile.Of(release);
        files[Suite + "Release.gpg"] = RepositoryFile.Of(key.SignAsText(Encoding.ASCII.GetBytes(release)));
        files[Suite + "InRelease"] = RepositoryFile.Of(key.SignInLine(release));
        return files;
    }

    private static string Paragraph(AgentPackageFile package)
    {
        var text = new StringBuilder();
        foreach (
            var (name, value) in package.Control!.All.Where(f =>
                !Own.Contains(f.Name, StringComparer.OrdinalIgnoreCase)
            )
        )
            text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\n");
        text.Append(CultureInfo.InvariantCulture, $"Filename: {Pool}{package.Name}\n");
        text.Append(CultureInfo.InvariantCulture, $"Size: {package.Size}\n");
        return text.Append(CultureInfo.InvariantCulture, $"SHA256: {package.Sha256}\n\n").ToString();
    }

    private static string Release(
        IReadOnlyList<(string Path, RepositoryFile File)> lists,
        DateTimeOffset now,
        DateTimeOffset until
    )
    {
        var hashes = string.Concat(
            lists.Select(list =>
                string.Create(CultureInfo.InvariantCulture, $" {list.File.Sha256} {list.File.Size} {list.Path}\n")
            )
        );
        return $"""
                Origin: ePortal
                Label: ePortal
                Suite: stable
                Codename: stable
                Date: {Time(now)}
                Valid-Until: {Time(until)}
                Acquire-By-Hash: yes
                Architectures: {string.Join(' ', AgentPackageFile.DebArchitectures)}
                Components: main
                Description: agent packages of this portal
                SHA256:

                """.ReplaceLineEndings("\n") + hashes;
    }

    private static string Time(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("ddd, dd MMM yyyy HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
