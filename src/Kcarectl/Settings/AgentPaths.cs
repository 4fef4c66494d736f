namespace Kcarectl.Settings;

/// <summary>
/// Every place the agent reads or writes, below a root that is <c>/</c> outside of tests and containers.
/// </summary>
internal sealed class AgentPaths(string root)
{
    public const string RootVariable = "KCARE_ROOT";

    public const UnixFileMode PrivateFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    public const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode PublicFile = PrivateFile | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public string SettingsFile => Under("etc/sysconfig/kcare/kcare.conf");

    public string SystemIdFile => Under("etc/sysconfig/kcare/systemid");

    public string TrustedKeysFile => Under("etc/sysconfig/kcare/trusted.pub");

    public string StateFolder => Under("var/lib/kcare");

    public string StateFile => Under("var/lib/kcare/state.json");

    public string LockFile => Under("var/lib/kcare/lock");

    public string CacheFolder => Under("var/cache/kcare");

    /// <exception cref="AgentException">The variable holds no absolute path.</exception>
    public static AgentPaths FromEnvironment()
    {
        var root = Environment.GetEnvironmentVariable(RootVariable);
        if (string.IsNullOrEmpty(root))
            return new AgentPaths("/");
        return Path.IsPathFullyQualified(root)
            ? new AgentPaths(root)
            : throw new AgentException(Cli.ExitCode.Local, $"{RootVariable} must be an absolute path");
    }

    public string Under(string relative) => Path.Combine(root, relative);

    /// <summary>Makes a folder that only its owner may enter; one that exists keeps its mode.</summary>
    public static void EnsureFolder(string path) => Directory.CreateDirectory(path, PrivateFolder);
}
