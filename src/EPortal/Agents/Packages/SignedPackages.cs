namespace EPortal.Agents.Packages;

/// <summary>
/// RPM packages with the signature of the portal, so that hosts check each with the one key that they have pinned. The
/// copies can be made again at any time.
/// </summary>
internal static class SignedPackages
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The RPM packages among these, signed; copies of packages that are gone are deleted.</summary>
    /// <param name="packages">Packages on offer.</param>
    /// <param name="folder">Where the copies lie.</param>
    /// <param name="key">Signs them.</param>
    /// <param name="failed">Called for each that cannot be signed now, with the reason; it is left out.</param>
    /// <exception cref="IOException">The folder cannot be made or read.</exception>
    public static IReadOnlyList<RpmRepository.Served> Of(
        IReadOnlyList<AgentPackageFile> packages,
        string folder,
        RepositoryKey key,
        Action<string> failed
    )
    {
        Directory.CreateDirectory(folder, OwnerOnly);
        var served = new List<RpmRepository.Served>();
        foreach (var package in packages.Where(package => package.Rpm is not null))
        {
            try
            {
                served.Add(Of(package, folder, key));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                failed($"{package.Name}: {e.Message}");
            }
        }

        foreach (var old in Directory.GetFiles(folder).Except(served.Select(package => package.File.Disk)))
            File.Delete(old!);
        return served;
    }

    private static RpmRepository.Served Of(AgentPackageFile package, string folder, RepositoryKey key)
    {
        var path = Path.Combine(folder, $"{package.Sha256}-{key.Fingerprint}.rpm");
        var signed = ReadOrNull(path, package) ?? Sign(path, package, key);
        return new RpmRepository.Served(
            package.Rpm!,
            package.Name,
            new RepositoryFile(signed.Size, signed.Sha256, null, path),
            new DateTimeOffset(File.GetLastWriteTimeUtc(package.Path)).ToUnixTimeSeconds()
        );
    }

    private static AgentPackageFile Sign(string path, AgentPackageFile package, RepositoryKey key)
    {
        package.Rpm!.WriteSigned(package.Path, path, key);
        return AgentPackageFile.Read(path);
    }

    /// <summary>The copy that is here; null where there is none, or it is damaged.</summary>
    private static AgentPackageFile? ReadOrNull(string path, AgentPackageFile package)
    {
        try
        {
            return File.Exists(path) && AgentPackageFile.Read(path) is var copy && copy.Name == package.Name
                ? copy
                : null;
        }
        catch (Data.RefusedException)
        {
            return null;
        }
    }
}
