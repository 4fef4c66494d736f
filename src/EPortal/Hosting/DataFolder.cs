using System.Text;
using EPortal.Blobs;

namespace EPortal.Hosting;

/// <summary>The folder in which the portal keeps everything. Its owner alone can enter it.</summary>
internal sealed class DataFolder
{
    /// <summary>What Linux answers when there is no space, or no quota, left.</summary>
    private const int NoSpace = 28;
    private const int NoQuota = 122;

    /// <summary>Mode of every folder here.</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode Passable =
        OwnerOnly
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherExecute;

    private static readonly string[] Folders = ["arch", "resources", "user-resources", "cache", "config", "reports"];

    private DataFolder(string root, string instanceId)
    {
        Root = root;
        InstanceId = instanceId;
    }

    public string Root { get; }

    /// <summary>Names this installation; made once at random, kept by backups.</summary>
    public string InstanceId { get; }

    public string Cache => PathOf("cache");

    public string Reports => PathOf("reports");

    /// <summary>The main database.</summary>
    public string DatabaseFile => PathOf("eportal.sqlite");

    /// <summary>What the console edits at run time.</summary>
    public string ConfigFile => PathOf("config/config.json");

    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>Gives up root's rights, then opens the folder: the first thing that every program here does.</summary>
    /// <exception cref="StartException">One sentence about what is in the way.</exception>
    /// <param name="settings">Where it is and who runs here.</param>
    /// <param name="isNew">Whether to create the missing parts of an incomplete folder.</param>
    public static DataFolder Enter(Settings settings, bool isNew = false)
    {
        Privileges.Drop(settings);
        return Open(settings.DataDir, settings.PatchesDir, isNew);
    }

    /// <summary>
    /// Gives up root's rights, then makes sure that the folder can be written, and no more: for who replaces what is in
    /// it.
    /// </summary>
    /// <exception cref="StartException">One sentence about what is in the way.</exception>
    public static string EnterForRestore(Settings settings)
    {
        Privileges.Drop(settings);
        return Explain(
            settings.DataDir,
            () =>
            {
                RequireUsable(settings.DataDir);
                return settings.DataDir;
            }
        );
    }

    /// <summary>
    /// Opens the folder as the current user, and makes it and what belongs in it where that is missing.
    /// </summary>
    /// <exception cref="StartException">One sentence about what is in the way.</exception>
    /// <param name="path">The folder.</param>
    /// <param name="patches">Where patches are kept; null when it is this folder.</param>
    /// <param name="isNew">Whether to create the missing parts of an incomplete folder.</param>
    public static DataFolder Open(string path, string? patches = null, bool isNew = false) =>
        Explain(
            path,
            () =>
            {
                RequireUsable(path);
                if (patches is not null && Path.Exists(patches) && !Directory.Exists(patches))
                    throw new StartException($"{patches} (PATCHES_DIR) is not a folder; set PATCHES_DIR to a folder");
                DataFolderUse.FinishRestore(path, patches);
                var parts = new DataFolderCheck(path, patches ?? path);
                if (isNew)
                    parts.MakeRoom();
                else
                    parts.Require();
                foreach (var name in Folders)
                    Directory.CreateDirectory(Path.Combine(path, name), OwnerOnly);
                return new DataFolder(path, ReadInstanceId(Path.Combine(path, "instance-id")));
            }
        );

    /// <summary>As root: makes the folder, if it is missing, for the user who will run here.</summary>
    internal static void Make(string path, UnixUser owner) =>
        Explain(
            path,
            () =>
            {
                if (!Directory.Exists(path))
                {
                    MakeParents(path);
                    MakeFolder(path);
                    PrivilegesNative.Give(path, owner);
                }

                return true;
            }
        );

    /// <summary>Folders on the way, which the user must get through whatever the mask for new files is.</summary>
    private static void MakeParents(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is not { } parent || Path.Exists(parent))
            return;
        MakeParents(parent);
        Directory.CreateDirectory(parent);
        File.SetUnixFileMode(parent, Passable);
    }

    internal static string Describe(uint user) =>
        PrivilegesNative.FindOrNull(user) is { } known ? $"'{known.Name}'" : $"{user}";

    private static void MakeFolder(string path)
    {
        if (File.Exists(path))
            throw new StartException($"data folder {path} is a file; set DATA_DIR to a folder");
        Directory.CreateDirectory(path, OwnerOnly);
    }

    private static void RequireUsable(string path)
    {
        MakeFolder(path);
        RequireOwn(path);
        RequireWritable(path);
        Tighten(path);
    }

    private static void RequireOwn(string path)
    {
        var owner = PrivilegesNative.OwnerOf(path);
        var current = PrivilegesNative.CurrentUser;
        if (owner != current)
        {
            throw new StartException(
                $"data folder {path} belongs to user {Describe(owner)}, but this program runs as user "
                    + $"{Describe(current)}; start it as the owner, or change the owner with chown"
            );
        }
    }

    private static void RequireWritable(string path)
    {
        if (PrivilegesNative.WriteRefusalOrNull(path) is { } reason)
            throw new StartException($"cannot write to data folder {path}: {reason}");
    }

    private static void Tighten(string path)
    {
        if (File.GetUnixFileMode(path) != OwnerOnly)
            File.SetUnixFileMode(path, OwnerOnly);
    }

    private static string ReadInstanceId(string path)
    {
        if (!File.Exists(path))
            DurableFile.WriteNew(path, Encoding.ASCII.GetBytes($"{Guid.NewGuid()}\n"));
        return Data.InstanceId.ParseOrNull(File.ReadAllText(path))
            ?? throw new StartException($"{path} is damaged; it must hold one line of letters, digits and dashes");
    }

    private static T Explain<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (IOException failure) when ((failure.HResult & 0xFFFF) is NoSpace or NoQuota)
        {
            throw new StartException($"cannot write to data folder {path}: disk full");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartException(
                $"cannot create or open data folder {path} as user {Describe(PrivilegesNative.CurrentUser)}: "
                    + failure.Message
            );
        }
    }
}
