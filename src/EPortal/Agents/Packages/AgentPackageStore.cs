using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EPortal.Blobs;
using EPortal.Data;

namespace EPortal.Agents.Packages;

/// <summary>Where packages of the agent and what belongs to them lie.</summary>
/// <param name="Imported">Folder of packages that administrators imported; each file is named by its SHA-256.</param>
/// <param name="Shipped">Folder of packages that came with the portal, only read.</param>
/// <param name="Signed">Folder of copies with the portal's signature; made again where they are missing.</param>
/// <param name="KeyFile">The key that signs.</param>
internal sealed record AgentPackagePlaces(string Imported, string Shipped, string Signed, string KeyFile)
{
    /// <summary>Those of a data folder.</summary>
    public static AgentPackagePlaces Of(string dataFolder) =>
        new(
            Path.Combine(dataFolder, "agent-packages"),
            Path.Combine(AppContext.BaseDirectory, "agent-packages"),
            Path.Combine(dataFolder, "cache", "agent-packages"),
            Path.Combine(dataFolder, "config", "agent-repository.key")
        );
}

/// <summary>A package that is here.</summary>
/// <param name="File">The package.</param>
/// <param name="IsShipped">Whether it came with the portal.</param>
internal sealed record AgentPackageHere(AgentPackageFile File, bool IsShipped);

/// <summary>Packages that are here, and files that should be packages and are not, each with the reason.</summary>
internal sealed record AgentPackageList(IReadOnlyList<AgentPackageHere> Packages, IReadOnlyList<string> Damaged);

/// <summary>
/// The packages of the agent that this portal hands out: those that came with it and those that were imported. One that
/// was imported takes the place of a shipped one of the same name.
/// </summary>
internal sealed class AgentPackageStore(AgentPackagePlaces places, ChangeLog log)
{
    private const int MaxPackages = 100;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private static readonly string[] Endings = [".deb", ".rpm"];

    /// <summary>Where they lie.</summary>
    public AgentPackagePlaces Places => places;

    /// <summary>All packages, by name.</summary>
    /// <exception cref="IOException">A folder cannot be read.</exception>
    public AgentPackageList List()
    {
        var found = new SortedDictionary<string, AgentPackageHere>(StringComparer.Ordinal);
        var damaged = new List<string>();
        foreach (var (file, isShipped) in Files())
        {
            try
            {
                var package = AgentPackageFile.Read(file.FullName);
                if (!isShipped && Path.GetFileNameWithoutExtension(file.Name) != package.Sha256)
                    damaged.Add($"{file.FullName}: it is not what was imported");
                else
                    found.TryAdd(package.Name, new AgentPackageHere(package, isShipped));
            }
            catch (Exception e) when (e is RefusedException or IOException or UnauthorizedAccessException)
            {
                damaged.Add($"{file.FullName}: {e.Message}");
            }
        }

        return new AgentPackageList([.. found.Values], damaged);
    }

    /// <summary>A text that differs once packages came, went or changed; cheap.</summary>
    public string Stamp()
    {
        var stamp = new StringBuilder();
        foreach (var (file, _) in Files())
            stamp.Append(
                CultureInfo.InvariantCulture,
                $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}\n"
            );
        return stamp.ToString();
    }

    /// <summary>Checks a package and keeps a copy of it; one that is here already is not kept twice.</summary>
    /// <param name="actor">Who imports it.</param>
    /// <param name="content">The package.</param>
    /// <returns>The package, and whether it is new here.</returns>
    /// <exception cref="RefusedException">It is no package of the agent, or there is another of its name.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public async Task<(AgentPackageFile Package, bool IsNew)> Import(Actor actor, Stream content)
    {
        Directory.CreateDirectory(places.Imported, OwnerOnly);
        using var one = FileLock.Acquire(Path.Combine(places.Imported, ".lock"));
        foreach (var left in Directory.EnumerateFiles(places.Imported, ".*.tmp"))
            File.Delete(left); // Of an import that was killed: another one would have the lock.
        var temporary = Path.Combine(places.Imported, $".{Guid.NewGuid():N}.tmp");
        try
        {
            Copy(content, temporary);
            var package = AgentPackageFile.Read(temporary);
            var here = List().Packages;
            if (here.FirstOrDefault(known => known.File.Name == package.Name) is { } known)
            {
                return known.File.Sha256 == package.Sha256
                    ? (known.File, false)
                    : throw new RefusedException(
                        Refusal.Exists,
                        $"{package.Name} is already here with other content; give the package another version"
                            + (known.IsShipped ? "" : ", or delete that one first")
                    );
            }

            if (here.Count >= MaxPackages)
                throw new RefusedException(
                    Refusal.LimitReached,
                    $"there are {MaxPackages} packages already; delete those that are no longer used"
                );
            var kept = Path.Combine(places.Imported, package.Sha256 + package.Ending);
            File.Move(temporary, kept, overwrite: true);
            DurableFile.SyncFolder(places.Imported);
            await Note(actor, "agent.import", $"{package.Name}, SHA-256 {package.Sha256}");
            return (package with { Path = kept }, true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>The package of a name that may be deleted.</summary>
    /// <exception cref="RefusedException">There is none, or it came with the portal.</exception>
    public AgentPackageFile Deletable(string name)
    {
        var known =
            List().Packages.FirstOrDefault(known => known.File.Name == name)
            ?? throw new RefusedException(
                Refusal.NotFound,
                $"package '{name}' not found; `kc.eportal agent list` shows all"
            );
        return known.IsShipped
            ? throw new RefusedException(
                Refusal.Conflict,
                $"{name} came with the portal; it goes with the next version, or delete {known.File.Path} as root"
            )
            : known.File;
    }

    /// <summary>Deletes an imported package.</summary>
    /// <exception cref="RefusedException">There is none of that name, or it came with the portal.</exception>
    public async Task<AgentPackageFile> Delete(Actor actor, string name)
    {
        var package = Deletable(name);
        File.Delete(package.Path);
        DurableFile.SyncFolder(places.Imported);
        await Note(actor, "agent.delete", name);
        return package;
    }

    private static void Copy(Stream content, string path)
    {
        using var copy = new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = content.Read(buffer)) > 0)
        {
            if (copy.Length + read > AgentPackageFile.MaxBytes)
                throw BadPackage.Because($"the package is larger than {AgentPackageFile.MaxBytes} bytes");
            copy.Write(buffer, 0, read);
        }

        copy.Flush(flushToDisk: true);
    }

    private IEnumerable<(FileInfo File, bool IsShipped)> Files() =>
        FilesIn(places.Imported)
            .Where(file => file.Name.Length == 2 * SHA256.HashSizeInBytes + Endings[0].Length)
            .Select(file => (file, false))
            .Concat(FilesIn(places.Shipped).Take(MaxPackages).Select(file => (file, true)));

    private static IEnumerable<FileInfo> FilesIn(string folder) =>
        Directory.Exists(folder)
            ? new DirectoryInfo(folder)
                .EnumerateFiles()
                .Where(file => Endings.Contains(file.Extension) && !file.Name.StartsWith('.'))
                .OrderBy(file => file.Name, StringComparer.Ordinal)
            : [];

    private Task<bool> Note(Actor actor, string action, string detail) =>
        log.Commit(
            actor,
            change =>
            {
                change.Note(action, detail);
                return true;
            }
        );
}
