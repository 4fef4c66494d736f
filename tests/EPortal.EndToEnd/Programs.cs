namespace EPortal.EndToEnd;

/// <summary>The programs under test, as <c>make build</c> leaves them.</summary>
internal static class Programs
{
    /// <summary>The repository that the tests run in.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>Their folder: <c>EPORTAL_OUT</c>, else <c>out</c> in the repository.</summary>
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("EPORTAL_OUT") ?? Path.Combine(Repository, "out");

    /// <summary>The server.</summary>
    public static string Portal { get; } = Path.Combine(Folder, "eportal");

    /// <summary>The administrators' command.</summary>
    public static string Command { get; } = Path.Combine(Folder, "kc.eportal");

    /// <summary>The agent.</summary>
    public static string Agent { get; } = Path.Combine(Folder, "kcarectl");

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "eportal.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
