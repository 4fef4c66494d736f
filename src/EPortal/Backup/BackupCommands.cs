using System.CommandLine;
using System.Globalization;
using System.Text.Json.Serialization;
using EPortal.Blobs;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Hosting;
using EPortal.Patchsets;

namespace EPortal.Backup;

/// <summary><c>kc.eportal backup FILE</c> and <c>backup-db DIR</c>.</summary>
internal static partial class BackupCommands
{
    private const string Standard = "-";

    /// <summary>In the folder of a database that is being backed up; who writes there holds it.</summary>
    private const string LockFile = ".eportal.lock";

    /// <summary>How the database is called there until it is whole.</summary>
    private const string Unfinished = $".{BackupNames.Database}.tmp";

    /// <summary><c>backup</c>.</summary>
    public static Command Backup(CliContext context)
    {
        var file = CliOptions.Required("file", "file to write; - writes to standard output");
        var patches = CliOptions.Flag(
            "include the archives of all patchsets, and imported agent packages",
            "--with-patches"
        );
        var json = CliOptions.Json();
        var command = new Command(
            "backup",
            """
            back up the portal to one file, while it runs

            The file holds the database, the settings file, settings made at run time, the signing keys and the
            instance-id. It contains secrets: passwords of the patch source and the directory, and the keys that sign
            patches and packages. Only its owner can read it. A file that exists is not overwritten.

            examples:
              kc.eportal backup /mnt/backups/eportal-$(date +%F).tar
              kc.eportal backup - | ssh host 'cat > eportal.tar'
            """
        )
        {
            file,
            patches,
            json,
        };
        command.SetAction(
            (parsed, cancel) =>
                Run(context, parsed.GetValue(file)!, parsed.GetValue(patches), parsed.GetValue(json), cancel)
        );
        return command;
    }

    /// <summary><c>backup-db</c>.</summary>
    public static Command BackupDatabase(CliContext context)
    {
        var folder = CliOptions.Required("dir", "folder to write to; created if missing");
        var verbose = CliOptions.Flag("print what is done", "-v", "--verbose");
        var json = CliOptions.Json();
        var command = new Command(
            "backup-db",
            """
            back up the database to a folder, while the portal runs

            examples:
              kc.eportal backup-db /mnt/backups/db
              kc.eportal backup-db -v /usr/share/kcare-eportal/db-backup_$(date '+%Y-%m-%d')
            """
        )
        {
            folder,
            verbose,
            json,
        };
        command.SetAction(
            (parsed, cancel) =>
                RunDatabase(
                    context,
                    Path.GetFullPath(parsed.GetValue(folder)!),
                    parsed.GetValue(verbose),
                    parsed.GetValue(json),
                    cancel
                )
        );
        return command;
    }

    private static async Task Run(
        CliContext context,
        string path,
        bool withPatches,
        bool json,
        CancellationToken cancel
    )
    {
        if (path == Standard && context.OutIsTerminal)
            throw new CliException("a backup is not for a terminal; name a file or redirect standard output");
        // Before the data folder, where the program may give up the rights that this takes.
        var settings = SettingsFileOrNull(context);
        using var output = path == Standard ? null : context.BeginFile(path);
        await using var portal = context.OpenPortal();
        var data = portal.Settings.DataDir;
        var writer = new BackupWriter(portal.Database, data, portal.PatchesRoot, context.Time);
        var files = new List<BackupFile>();
        foreach (var name in BackupNames.Small)
        {
            if (File.Exists(Path.Combine(data, name)))
                files.Add(new BackupFile(name, ArchiveFile.ReadBytes(Path.Combine(data, name))));
        }

        if (settings is not null)
            files.Add(new BackupFile(BackupNames.Settings, settings));
        CliProgress? progress = null;
        IProgress<long> Begin(long total) => progress = new CliProgress(context, "writing", total);
        BackupManifest manifest;
        if (output is null)
        {
            await using var standard = context.OpenOutput();
            manifest = await writer.Write(standard, files, withPatches, Begin, cancel);
            await standard.FlushAsync(cancel);
        }
        else
        {
            await using var late = new LateHeaderStream(output.Content);
            manifest = await writer.Write(late, files, withPatches, Begin, cancel);
            late.Complete();
            output.Keep();
        }

        progress?.Dispose();
        if (output is null)
            return;
        var bytes = manifest.Parts.Sum(part => part.Size);
        context.Note("the backup contains secrets: signing keys, and passwords of the patch source and the directory");
        context.Result(
            json,
            new BackupRow(Path.GetFullPath(path), bytes, [.. manifest.Parts.Select(part => part.Name)]),
            BackupOutputJson.Default.BackupRow,
            $"backup written to {path} ({Plural.Of(manifest.Parts.Count, "file")}, {bytes >> 20} MiB)"
        );
    }

    private static async Task RunDatabase(
        CliContext context,
        string folder,
        bool verbose,
        bool json,
        CancellationToken cancel
    )
    {
        PrepareFolder(context.Settings, folder);
        await using var portal = context.OpenPortal();
        var (final, temporary) = (Path.Combine(folder, BackupNames.Database), Path.Combine(folder, Unfinished));
        using var alone =
            FileLock.TryAcquire(Path.Combine(folder, LockFile))
            ?? throw new CliException($"another backup is being written to {folder}; wait until it has ended");
        if (verbose)
            context.Note($"copying {Path.Combine(portal.Settings.DataDir, BackupNames.Database)}");
        try
        {
            File.Delete(temporary); // Of one that was killed.
            await Task.Run(() => portal.Database.CopyTo(temporary, cancel), cancel);
            // Copied over a database that was not closed cleanly, it takes the log's place too, which is not its own.
            DurableFile.Write(final + "-wal", []);
            File.Move(temporary, final, overwrite: true);
            DurableFile.SyncFolder(folder);
        }
        finally
        {
            File.Delete(temporary);
            File.Delete(Path.Combine(folder, LockFile));
        }

        var bytes = new FileInfo(final).Length;
        if (verbose)
            context.Note(string.Create(CultureInfo.InvariantCulture, $"{final}: {bytes} bytes"));
        context.Result(
            json,
            new BackupRow(folder, bytes, [BackupNames.Database]),
            BackupOutputJson.Default.BackupRow,
            $"database backed up to {folder}"
        );
    }

    /// <summary>
    /// Makes the folder while there are the rights to, for the user who will write into it. One that is there must be
    /// his.
    /// </summary>
    private static void PrepareFolder(Settings settings, string folder)
    {
        if (File.Exists(folder))
            throw new CliException($"{folder} is a file; name a folder");
        if (DataFolderUse.IsDataFolder(folder))
            throw new CliException($"{folder} is the data folder of a portal; name another folder");
        var isNew = !Directory.Exists(folder);
        if (isNew)
            Directory.CreateDirectory(
                folder,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            );
        Privileges.DropAfterGiving(settings, isNew ? folder : null);
        if (PrivilegesNative.WriteRefusalOrNull(folder) is { } reason)
            throw new CliException(
                $"cannot write to {folder} as user {DataFolder.Describe(PrivilegesNative.CurrentUser)}: {reason}"
            );
    }

    /// <summary>The settings file in force, as it is; null where there is none.</summary>
    private static byte[]? SettingsFileOrNull(CliContext context) =>
        SettingsLoader.FileOrNull(context.Environment) is { } path ? ArchiveFile.ReadBytes(path) : null;

    /// <summary>What was written, for programs.</summary>
    internal sealed record BackupRow(string Path, long Bytes, IReadOnlyList<string> Files);

    [JsonSerializable(typeof(BackupRow))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class BackupOutputJson : JsonSerializerContext;
}
