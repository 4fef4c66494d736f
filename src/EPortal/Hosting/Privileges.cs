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

    /// <summary>Gives a new folder to the user who will run here, then gives up root's rights.</summary>
    /// <exception cref="StartException">There is no user to become, or becoming it failed.</exception>
    public static void DropAfterGiving(Settings settings, string? folder)
    {
        if (folder is not null && WillDrop(settings))
            PrivilegesNative.Give(folder, Choose(settings));
        Drop(settings);
    }

    /// <summary>Whether <see cref="Drop"/> will give rights up.</summary>
    /// <exception cref="StartException">There is no user to become.</exception>
    public static bool WillDrop(Settings settings) => PrivilegesNative.CurrentUser == 0 && Choose(settings).Id != 0;

    /// <summary>Whom <see cref="Drop"/> will become.</summary>
    /// <exception cref="StartException">There is no such user.</exception>
    public static UnixUser UserOf(Settings settings) => Choose(settings);

    /// <summary>Name of the group by which the portal's user reads what belongs to root.</summary>
    public static string ServiceGroup()
    {
        var user = PrivilegesNative.CurrentUser is not 0 and var id
            ? PrivilegesNative.FindOrNull(id)
            : PrivilegesNative.FindOrNull(DefaultUser);
        return user is null ? DefaultUser : PrivilegesNative.GroupOrNull(user.GroupId) ?? user.Name;
    }

    private static UnixUser Choose(Settings settings)
    {
        if (settings.RunAs is { } name)
        {
            return PrivilegesNative.FindOrNull(name)
                ?? throw new StartException($"RUN_AS is '{name}', but this user does not exist");
        }

        if (Directory.Exists(settings.DataDir) && PrivilegesNative.OwnerOf(settings.DataDir) is not 0 and var owner)
        {
            return PrivilegesNative.FindOrNull(owner)
                ?? throw new StartException(
                    $"data folder {settings.DataDir} belongs to unknown user {owner}; " + "change the owner with chown"
                );
        }

        return PrivilegesNative.FindOrNull(DefaultUser)
            ?? throw new StartException(
                $"started as root, but user '{DefaultUser}' does not exist; "
                    + $"create it with 'useradd --system {DefaultUser}', set RUN_AS to another user, "
                    + "or set RUN_AS = 'root' to stay root"
            );
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
                $"started as root, but cannot switch to user '{user.Name}' ({failure.Message}); start it as that user"
            );
        }

        if (PrivilegesNative.CurrentUser != user.Id || PrivilegesNative.CanReturnToRoot())
            throw new StartException(
                $"switched to user '{user.Name}', but can still return to root; start it as that user"
            );
    }

    private static void RequireSame(Settings settings, uint current)
    {
        if (settings.RunAs is not { } name || PrivilegesNative.FindOrNull(name)?.Id == current)
            return;
        throw new StartException(
            $"RUN_AS is '{name}', but this program was started as user {DataFolder.Describe(current)}; "
                + $"start it as '{name}'{(name == Root ? "" : " or root")}"
        );
    }
}
