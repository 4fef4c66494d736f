using System.Text.RegularExpressions;

namespace EPortal.Blobs;

/// <summary>
/// Names of files that are being written beside the place that they will have, and what killed processes left under
/// such names. Who writes one has it locked, as <see cref="FileShare.None"/> does.
/// </summary>
internal static partial class UnfinishedFile
{
    /// <summary>Between its making and its lock a file is nobody's; never for so long.</summary>
    private static readonly TimeSpan s_young = TimeSpan.FromMinutes(1);

    /// <summary>A new name beside <paramref name="path"/>.</summary>
    public static string NameFor(string path) => $"{path}.eportal-{Guid.NewGuid():N}.tmp";

    /// <summary>Deletes those in a folder that nobody is writing.</summary>
    public static void Sweep(string folder)
    {
        foreach (var path in Files(folder).Where(path => Form().IsMatch(path)))
        {
            try
            {
                Remove(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Being written, another user's, gone meanwhile, or on a disk that knows no locks.
            }
        }
    }

    /// <summary>What is in a folder; nothing where it may only be written to.</summary>
    private static string[] Files(string folder)
    {
        try
        {
            return Directory.GetFiles(folder, "*.tmp");
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static void Remove(string path)
    {
        var written = new DateTimeOffset(File.GetLastWriteTimeUtc(path));
        if (TimeProvider.System.GetUtcNow() - written < s_young)
            return;
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (NativeFile.Lock(file, path, wait: false))
            File.Delete(path);
    }

    [GeneratedRegex(@"\.eportal-[0-9a-f]{32}\.tmp\z")]
    private static partial Regex Form();
}
