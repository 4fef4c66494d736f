namespace EPortal.Hosting.Nginx;

/// <summary>The folder of patches of the settings, made ready for the portal's user.</summary>
internal static class NginxStorage
{
    /// <summary>Made by those who make file systems; no content.</summary>
    private const string LostAndFound = "lost+found";

    private static readonly string[] s_parts = ["arch", "resources", "user-resources", "cache"];

    /// <summary>
    /// Makes it, gives it to the portal's user where it is empty and root's, and makes what belongs in it.
    /// </summary>
    /// <param name="settings">The settings in force.</param>
    /// <param name="say">Takes a line for the person in front.</param>
    /// <exception cref="StartException">It cannot be used as it is.</exception>
    public static void Prepare(Settings settings, Action<string> say)
    {
        if (settings.PatchesDir is { } given && Privileges.WillDrop(settings) && IsEmptyOfRoot(given))
            PrivilegesNative.Give(given, Privileges.UserOf(settings));
        var folder = DataFolder.Enter(settings);
        var patches = settings.PatchesDir ?? folder.Root;
        if (PrivilegesNative.WriteRefusalOrNull(patches) is { } reason)
            throw new StartException(
                $"cannot write to PATCHES_DIR {patches} as user "
                    + $"{DataFolder.Describe(PrivilegesNative.CurrentUser)}: {reason}; change the owner with chown"
            );
        foreach (var part in s_parts)
            Directory.CreateDirectory(Path.Combine(patches, part), DataFolder.OwnerOnly);
        say($"{patches} is ready for patches");
        if (patches != folder.Root && LeftBehind(folder.Root, patches))
            say(
                $"patches are still in {folder.Root}: stop the portal and move them, "
                    + $"cp -a {folder.Root}/{{arch,resources,user-resources}} {patches}/, or run download-missing"
            );
    }

    private static bool IsEmptyOfRoot(string folder) =>
        Directory.Exists(folder)
        && PrivilegesNative.OwnerOf(folder) == 0
        && Directory.EnumerateFileSystemEntries(folder).All(entry => Path.GetFileName(entry) == LostAndFound);

    private static bool LeftBehind(string from, string to) =>
        HasFiles(Path.Combine(from, "arch")) && !HasFiles(Path.Combine(to, "arch"));

    private static bool HasFiles(string folder) =>
        Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Any();
}
