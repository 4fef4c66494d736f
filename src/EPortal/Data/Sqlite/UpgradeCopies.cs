using System.Globalization;
using System.Text.RegularExpressions;
using EPortal.Blobs;

namespace EPortal.Data.Sqlite;

/// <summary>
/// Copies of the database as it was before upgrades, beside it: <c>eportal-before-VERSION-schemaNUMBER-TIME.copy</c>,
/// where VERSION is the program that upgraded, NUMBER the last script that the copy has seen. The last two are kept.
/// </summary>
internal static partial class UpgradeCopies
{
    private const int Kept = 2;
    private const string Time = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>What an upgrade itself may write to the log, beside the size of the database.</summary>
    private const long Margin = 64L << 20;

    /// <summary>Copies the database; the caller holds the lock of upgrades.</summary>
    /// <returns>Path of the copy.</returns>
    /// <exception cref="StoreException">There is no room, or the database cannot be read.</exception>
    public static string Make(string database, int schema, DateTimeOffset now)
    {
        var folder = Path.GetDirectoryName(database)!;
        foreach (var left in Directory.EnumerateFiles(folder, ".eportal-before-*.tmp"))
            File.Delete(left);
        RequireRoom(database, folder);
        var name = string.Create(
            CultureInfo.InvariantCulture,
            $"eportal-before-{Version}-schema{schema:0000}-{now.ToString(Time, CultureInfo.InvariantCulture)}.copy"
        );
        var temporary = Path.Combine(folder, $".{name}.tmp");
        try
        {
            SqliteCopy.Write(database, temporary, long.MaxValue, CancellationToken.None);
            File.Move(temporary, Path.Combine(folder, name), overwrite: true);
            DurableFile.SyncFolder(folder);
        }
        catch (IOException e)
        {
            File.Delete(temporary);
            throw new StoreException(
                StoreError.DiskFull,
                $"cannot copy the database before the upgrade: {e.Message}; nothing was changed",
                e
            );
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        return Path.Combine(folder, name);
    }

    /// <summary>Deletes all but the last copies, once an upgrade has succeeded.</summary>
    public static void Prune(string database)
    {
        foreach (var old in All(Path.GetDirectoryName(database)!).Skip(Kept).ToList())
            File.Delete(old.Path);
    }

    /// <summary>The newest copy that a program with scripts up to this number can use; null for none.</summary>
    public static string? NewestOrNull(string database, int schema) =>
        All(Path.GetDirectoryName(database)!).FirstOrDefault(copy => copy.Schema <= schema).Path;

    /// <summary>The program's version, for the names of copies.</summary>
    private static string Version { get; } = typeof(UpgradeCopies).Assembly.GetName().Version!.ToString(3);

    /// <summary>Newest first.</summary>
    private static IEnumerable<(string Path, int Schema)> All(string folder) =>
        from path in Directory.EnumerateFiles(folder, "eportal-before-*.copy")
        let name = Name().Match(Path.GetFileName(path))
        where name.Success
        orderby name.Groups["time"].Value descending, path descending
        select (path, int.Parse(name.Groups["schema"].Value, CultureInfo.InvariantCulture));

    private static void RequireRoom(string database, string folder)
    {
        var size = new[] { database, database + "-wal" }
            .Select(path => new FileInfo(path))
            .Where(file => file.Exists)
            .Sum(file => file.Length);
        // Once for the copy, once for what the upgrade may rewrite.
        var (needed, free) = ((2 * size) + Margin, new DriveInfo(folder).AvailableFreeSpace);
        if (free < needed)
            throw new StoreException(
                StoreError.DiskFull,
                $"no room to copy the database before the upgrade: {needed >> 20} MiB needed, {free >> 20} MiB free in {folder}; "
                    + "free some space, or start the version before"
            );
    }

    [GeneratedRegex(@"^eportal-before-.+-schema(?<schema>[0-9]{4})-(?<time>[0-9]{8}T[0-9]{6}Z)\.copy\z")]
    private static partial Regex Name();
}
