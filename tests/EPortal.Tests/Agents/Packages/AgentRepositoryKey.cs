using EPortal.Agents.Packages;
using EPortal.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace EPortal.Tests.Agents.Packages;

/// <summary>One key for the agent repositories of all tests' portals: making one takes a second.</summary>
internal static class AgentRepositoryKey
{
    private static readonly Lazy<byte[]> s_key = new(Make);

    /// <summary>Puts it where a portal looks for its own, unless there is one.</summary>
    public static void PutInto(string dataFolder)
    {
        var file = FileOf(dataFolder);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        if (!File.Exists(file))
            File.WriteAllBytes(file, s_key.Value);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Where a portal keeps its key.</summary>
    public static string FileOf(string dataFolder) => AgentPackagePlaces.Of(dataFolder).KeyFile;

    private static byte[] Make()
    {
        using var folder = new TempFolder();
        var file = folder.File("key");
        // Older than anything that it signs, whatever the clock of a test says.
        RepositoryKey.Open(file, new FakeTimeProvider(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        return File.ReadAllBytes(file);
    }
}
