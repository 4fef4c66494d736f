using EPortal.Cli;
using EPortal.Hosting;

namespace EPortal.Backup;

/// <summary>Whether the settings of a backup fit where the rest of it goes.</summary>
internal static class RestoredSettings
{
    /// <summary>
    /// Refuses settings that would have the next start look for data or patches elsewhere than they are restored to,
    /// and warns of what a start would refuse. Where neither is restored the settings may name what they like: that is
    /// told.
    /// </summary>
    /// <param name="context">Whose settings are in force.</param>
    /// <param name="places">Where the rest goes.</param>
    /// <param name="choice">What is restored.</param>
    /// <param name="file">The settings file of the backup.</param>
    /// <exception cref="BackupException">They name other folders.</exception>
    public static void Check(CliContext context, RestorePlaces places, RestoreChoice choice, string file)
    {
        var environment = new Dictionary<string, string>(context.Environment, StringComparer.Ordinal)
        {
            [SettingsLoader.PathVariable] = file,
        };
        var result = Settings.Load(environment);
        if (result.Settings is not { } settings)
        {
            context.Note("warning: the restored settings have errors; check them with `kc.eportal config check`");
            return;
        }

        var patches = Portal.PatchesRootOf(settings);
        if (!IsSame(settings.DataDir, places.Data))
            RefuseOrTell("DATA_DIR", settings.DataDir, places.Data);
        if (
            !IsSame(patches, places.Patches)
            && (settings.PatchesDir is not null || IsSame(settings.DataDir, places.Data))
        )
            RefuseOrTell("PATCHES_DIR", patches, places.Patches);

        void RefuseOrTell(string name, string theirs, string ours)
        {
            if (choice is { Database: false, InstanceId: false, Data: false })
            {
                context.Note(
                    $"warning: the restored settings keep {Kind(name)} in {theirs}, where the next start looks; "
                        + (
                            name == "DATA_DIR"
                                ? $"signing keys and settings made at run time were restored to {ours}"
                                : $"those here are in {ours}"
                        )
                );
                return;
            }

            if (places.SettingsFile is not null)
                throw new BackupException(
                    $"the settings of the backup keep {Kind(name)} in {theirs}, those here in {ours}: "
                        + $"set {name} = '{theirs}' here first, or restore without settings: --db --instance-id --data"
                );
            context.Note(
                $"warning: the settings of the backup keep {Kind(name)} in {theirs}, but it was restored to {ours}: "
                    + $"change {name} in them before you put them in place"
            );
        }
    }

    private static string Kind(string name) => name == "DATA_DIR" ? "the data" : "patches";

    private static bool IsSame(string path, string other) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))
        == Path.TrimEndingDirectorySeparator(Path.GetFullPath(other));
}
