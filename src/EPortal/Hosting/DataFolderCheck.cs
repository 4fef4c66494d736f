namespace EPortal.Hosting;

/// <summary>
/// Whether what belongs together in a data folder is there together. A database that was deleted, or whose disk is not
/// mounted, must not make an empty portal of one that hosts rely on.
/// </summary>
/// <param name="data">The data folder.</param>
/// <param name="patches">Where patches are kept.</param>
internal sealed class DataFolderCheck(string data, string patches)
{
    /// <summary>How it is begun all the same.</summary>
    public const string ServeNew = "`eportal serve --new`";

    private static readonly string[] s_patchFolders = ["arch", "resources", "user-resources"];

    private string Database => Path.Combine(data, "eportal.sqlite");

    private string Log => Database + "-wal";

    private string SigningKey => Path.Combine(data, "config/signing.key");

    /// <summary>Refuses a folder of which a part is missing; does nothing on one that is whole or quite new.</summary>
    /// <exception cref="DataFolderException">What is missing, and what to do.</exception>
    public void Require()
    {
        RequireNoLooseLink();
        if (HasDatabase)
        {
            if (!File.Exists(Path.Combine(data, "instance-id")))
            {
                throw new DataFolderException(
                    $"{Path.Combine(data, "instance-id")} is missing, but the database exists; "
                        + $"restore it from a backup, or create a new one with {ServeNew}"
                );
            }

            return;
        }

        // Looked at in this order: another program that begins here makes the database first.
        if (SignOrNull() is { } sign && !HasDatabase)
        {
            throw new DataFolderException(
                $"database {Database} is {(File.Exists(Database) ? "empty" : "missing")}, but {sign}; "
                    + $"restore it from a backup, or start an empty portal with {ServeNew}"
            );
        }
    }

    /// <summary>
    /// Makes room for a new database where there is none: keeps what is left of the old one under another name.
    /// </summary>
    /// <exception cref="DataFolderException">The database is a link that leads nowhere.</exception>
    public void MakeRoom()
    {
        RequireNoLooseLink();
        // SQLite would delete a log without a database.
        if (!HasDatabase && HasContent(Log))
            File.Move(Log, $"{Log}.{File.GetLastWriteTimeUtc(Log):yyyyMMdd-HHmmss}.kept", overwrite: false);
    }

    private bool HasDatabase => HasContent(Database);

    private static bool HasContent(string path) =>
        new FileInfo(path) is { Exists: true } file && Target(file).Length > 0;

    private static FileInfo Target(FileInfo file) =>
        file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;

    private void RequireNoLooseLink()
    {
        if (
            new FileInfo(Database) is { LinkTarget: { } target } link
            && link.ResolveLinkTarget(returnFinalTarget: true)?.Exists != true
        )
            throw new DataFolderException(
                $"database {Database} is a link to {target}, which does not exist; is its disk mounted?"
            );
    }

    /// <summary>What tells that there was a database here, as a part of a sentence.</summary>
    private string? SignOrNull() =>
        HasContent(Log) ? $"its log {Log} exists"
        : PatchFileOrNull() is { } folder ? $"{folder} has patchsets"
        : File.Exists(SigningKey) ? $"{SigningKey} exists"
        : null;

    /// <summary>The folder of patches in which there is any, apart from what a killed deploy left.</summary>
    private string? PatchFileOrNull() =>
        s_patchFolders
            .Select(name => Path.Combine(patches, name))
            .FirstOrDefault(folder =>
                Directory.Exists(folder)
                && Directory
                    .EnumerateFileSystemEntries(folder)
                    .Any(entry => !Path.GetFileName(entry).StartsWith('.') && HasFile(entry))
            );

    private static bool HasFile(string entry) =>
        File.Exists(entry)
        || (Directory.Exists(entry) && Directory.EnumerateFiles(entry, "*", SearchOption.AllDirectories).Any());
}
