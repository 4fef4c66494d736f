namespace EPortal.Hosting;

/// <summary>Whom the program runs as. Started as root it becomes its own user before it touches anything.</summary>
internal static class Privileges
{
    public const string DefaultUser = "eportal";

    private const string Root = "root";

    private const int OwnerOnlyMask = 0x3F;

    /// <summary>
    /// Lets new files be read by their owner alone and gives up root's rights, for good. As root it first makes the
    /// data folder and that of patches, which its user could not.
    /// </summary>
    /// <exception cref="StartException">There is no user to become, or becoming it failed.</exception>
    public static void Drop(Settings settings)
    {
        PrivilegesNative.SetMask(OwnerOnlyMask);
        var current = PrivilegesNative.CurrentUser;
        if (current != 0)
        {
            RequireSame(settings, current);
            return;
        }

        var user = Choose(settings);
        DataFolder.Make(settings.DataDir, user);
        if (settings.PatchesDir is { } patches && !Path.Exists(patches))
            DataFolder.Make(patches, user);
        if (user.Id != 0)
            Become(user);
    }

    /// <summary>Whether <see cref="Drop"/> will give rights up.</summary>
    /// <exception cref="StartException">There is no user to become.</exception>
    public static bool WillDrop(Settings settings) => PrivilegesNative.CurrentUser == 0 && Choose(settings).Id != 0;

    private static UnixUser Choose(Settings settings)
    {
        if (settings.RunAs is { } name)
        {
            return PrivilegesNative.FindOrNull(name)
                ?? throw new StartException($"RUN_AS is '{name}', but this machine has no such user.");
        }

        if (Directory.Exists(settings.DataDir) && PrivilegesNative.OwnerOf(settings.DataDir) is not 0 and var owner)
        {
            return PrivilegesNative.FindOrNull(owner) ?? throw new StartException(
                $"the data folder {settings.DataDir} belongs to user {owner}, whom this machine does not know; "
                + "give it to a user with chown.");
        }

        return PrivilegesNative.FindOrNull(DefaultUser) ?? throw new StartException(
            $"started as root, but there is no user '{DefaultUser}' to become: "
            + $"make it with 'useradd --system {DefaultUser}', name another with RUN_AS, "
            + "or set RUN_AS = 'root' to stay root.");
    }

    private static void Become(UnixUser user)
    {
        try
        {
            PrivilegesNative.Become(user);
        }
        catch (IOException failure)
        {
            throw new StartException(
                $"started as root, but becoming user '{user.Name}' failed ({failure.Message}); start it as that user.");
        }

        if (PrivilegesNative.CurrentUser != user.Id || PrivilegesNative.CanReturnToRoot())
            throw new StartException($"became user '{user.Name}', but could still return to root, so it stops here.");
    }

    private static void RequireSame(Settings settings, uint current)
    {
        if (settings.RunAs is not { } name || PrivilegesNative.FindOrNull(name)?.Id == current)
            return;
        throw new StartException(
            $"RUN_AS is '{name}', but this was started as user {DataFolder.Describe(current)}, "
            + $"who cannot become another one; start it as '{name}'{(name == Root ? "" : " or as root")}.");
    }
}
