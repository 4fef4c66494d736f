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
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public static IReadOnlyList<RpmRepository.Served> Of(
        IReadOnlyList<AgentPackageFile> packages,
        string folder,
        RepositoryKey key
    )
    {
        Directory.CreateDirectory(folder, OwnerOnly);
        List<RpmRepository.Served> served = [.. packages.Where(p => p.Rpm is not null).Select(p => Of(p, folder, key))];
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
