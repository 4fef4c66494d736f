using System.CommandLine;
using System.Text.Json.Serialization;
using EPortal.Blobs;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Format;
using EPortal.Hosting;
using EPortal.Patchsets;

namespace EPortal.Backup;

/// <summary><c>kc.eportal restore FILE</c> and <c>migrate FILE|DIR</c>.</summary>
internal static partial class RestoreCommands
{
    /// <summary><c>restore</c>.</summary>
    public static Command Restore(CliContext context)
    {
        var file = CliOptions.Required("file", "backup to read; for --db also a database or a folder of `backup-db`");
        var database = CliOptions.Flag("restore the database", "--db");
        var config = CliOptions.Flag("restore settings, settings made at run time, and signing keys", "--config");
        var instanceId = CliOptions.Flag("restore the instance-id", "--instance-id");
        var data = CliOptions.Flag("restore the archives of patchsets, and imported agent packages", "--data");
        var full = CliOptions.Flag("restore all that the backup holds (default)", "--full");
        var json = CliOptions.Json();
        var command = new Command(
            "restore",
            """
            restore a backup, all of it or parts

            The portal must be stopped. The backup is checked before anything is replaced, and what was there is kept
            beside it. Other nodes see the portal as a new one.

            examples:
              kc.eportal restore /mnt/backups/eportal.tar
              kc.eportal restore --db /mnt/backups/eportal.tar
            """
        )
        {
            file,
            database,
            config,
            instanceId,
            data,
            full,
            json,
        };
        command.SetAction(
            (parsed, cancel) =>
            {
                var choice = new RestoreChoice(
                    parsed.GetValue(database),
                    parsed.GetValue(config),
                    parsed.GetValue(instanceId),
                    parsed.GetValue(data)
                );
                var all = parsed.GetValue(full) || choice == new RestoreChoice(false, false, false, false);
                return Run(
                    context,
                    parsed.GetValue(file)!,
                    all ? RestoreChoice.Full : choice,
                    parsed.GetValue(json),
                    cancel
                );
            }
        );
        return command;
    }

    /// <summary><c>migrate</c>.</summary>
    public static Command Migrate(CliContext context)
    {
        var source = CliOptions.Required("source", "backup of the old host, or a copy of its data folder");
        var json = CliOptions.Json();
        var command = new Command(
            "migrate",
            """
            take over a portal from another host

            Stop the portal on both hosts first. Takes the database, the instance-id, settings made at run time,
            signing keys, archives and agent packages; from a backup the settings file too. Unpack patches with `download-missing`.

            examples:
              kc.eportal migrate /mnt/old-host/eportal.tar
              kc.eportal migrate /mnt/old-host/var/lib/eportal
            """
        )
        {
            source,
            json,
        };
        command.SetAction(
            (parsed, cancel) =>
                Directory.Exists(parsed.GetValue(source)!)
                    ? RunFolder(context, Path.GetFullPath(parsed.GetValue(source)!), parsed.GetValue(json), cancel)
                    : Run(context, parsed.GetValue(source)!, RestoreChoice.Full, parsed.GetValue(json), cancel)
        );
        return command;
    }

    private static async Task Run(
        CliContext context,
        string path,
        RestoreChoice choice,
        bool json,
        CancellationToken cancel
    )
    {
        // Opened before the data folder, where the program may give up the rights to read it.
        await using var file = Open(context, path);
        var (places, use) = Enter(context);
        using (use)
        {
            var first = new byte[LateHeaderStream.Block];
            var length = await file.ReadAtLeastAsync(first, first.Length, throwOnEndOfStream: false, cancel);
            using var rest = new PrefixedStream(first.AsMemory(0, length), file);
            if (Database.IsDatabase(first.AsSpan(0, length)))
            {
                if (choice != new RestoreChoice(true, false, false, false))
                    throw new CliException($"{path} holds nothing but a database: use --db");
                using var only = new Restore(places, context.Time.GetUtcNow());
                Show(context, places, await only.FromDatabase(rest, cancel), json);
                return;
            }

            using var backup = await BackupReader.Open(rest, cancel);
            using var progress = new CliProgress(context, "checking", backup.Manifest.Parts.Sum(part => part.Size));
            using var restore = new Restore(
                places,
                context.Time.GetUtcNow(),
                staged => RestoredSettings.Check(context, places, choice, staged)
            );
            var restored = await restore.FromBackup(backup, choice, progress, cancel);
            progress.Dispose();
            Show(context, places, restored, json);
        }
    }

    private static async Task RunFolder(CliContext context, string folder, bool json, CancellationToken cancel)
    {
        if (!Database.IsIn(folder))
            throw new CliException(
                $"no {Database.FileName} in {folder}: name a copy of the old data folder, or a backup"
            );
        var (places, use) = Enter(context);
        using (use)
        {
            if (places.Data == folder || DataFolderUse.IsInUse(folder))
                throw new CliException($"{folder} is in use; name a copy of the old data folder, or stop its portal");
            using var restore = new Restore(places, context.Time.GetUtcNow());
            Show(context, places, await restore.FromFolder(folder, cancel), json);
        }
    }

    private static Stream Open(CliContext context, string path)
    {
        var file = Directory.Exists(path) && Database.IsIn(path) ? Path.Combine(path, Database.FileName) : path;
        if (new FileInfo(file + "-wal") is { Exists: true, Length: > 0 })
            throw new CliException(
                $"{file}-wal holds changes that are not in the database yet; name a backup or a folder of `backup-db`, "
                    + "or take the whole data folder with `kc.eportal migrate`"
            );
        return ArchiveFile.OpenOrInput(context, file);
    }

    private static (RestorePlaces Places, DataFolderUse Use) Enter(CliContext context)
    {
        var settings = context.Settings;
        var data = DataFolder.EnterForRestore(settings);
        var use = DataFolderUse.Alone(data);
        return (
            new RestorePlaces(
                data,
                settings.PatchesDir ?? data,
                ReplaceableOrNull(SettingsLoader.PathOf(context.Environment))
            ),
            use
        );
    }

    /// <summary>The settings file, if this user may put another in its place.</summary>
    private static string? ReplaceableOrNull(string path)
    {
        if (
            Path.GetDirectoryName(Path.GetFullPath(path)) is not { } folder
            || !Directory.Exists(folder)
            || PrivilegesNative.WriteRefusalOrNull(folder) is not null
        )
            return null;
        try
        {
            NativeFile.RequireRegular(path);
            return Path.GetFullPath(path);
        }
        catch (IOException)
        {
            return null; // Such as /dev/null, how people say that there are no settings.
        }
    }

    private static void Show(CliContext context, RestorePlaces places, Restored restored, bool json)
    {
        if (restored.Files.Contains(BackupNames.Settings) && places.SettingsFile is null)
            TellOfSettings(context, places.SettingsAside);
        if (json)
        {
            context.Json(new RestoreRow(restored.Files, restored.Kept), RestoreOutputJson.Default.RestoreRow);
            return;
        }

        foreach (var name in restored.Files)
            context.Line($"{name} was restored");
        if (Directory.Exists(restored.Kept))
            context.Line($"what was there before is kept in {restored.Kept}");
        if (restored.Files.Any(name => name == BackupNames.Database || BackupNames.IsArchive(name)))
            context.Line(
                $"start the portal, then fetch missing patches: {string.Join(", ", Products.All.Select(product => $"kc.eportal {product.Verb()} download-missing"))}"
            );
    }

    /// <summary>Says how the settings get to where only root can write, unless they are there already.</summary>
    private static void TellOfSettings(CliContext context, string aside)
    {
        var path = SettingsLoader.PathOf(context.Environment);
        if (HasSameContent(aside, path))
            return;
        context.Note(
            $"as root, put the settings in place: install -m 0640 -g {Privileges.ServiceGroup()} {aside} {path}"
        );
    }

    private static bool HasSameContent(string path, string other)
    {
        try
        {
            return File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(other));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>What was restored, for programs.</summary>
    internal sealed record RestoreRow(IReadOnlyList<string> Restored, string Kept);

    [JsonSerializable(typeof(RestoreRow))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class RestoreOutputJson : JsonSerializerContext;
}
