namespace EPortal.Tests;

/// <summary>The working copy that these tests were built in.</summary>
internal static class Repository
{
    /// <summary>Its root, where the solution lies.</summary>
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "eportal.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException($"no eportal.slnx above {AppContext.BaseDirectory}");
    }
}
