using EPortal.Format;

namespace EPortal.PatchSource;

/// <summary>Deletes patch files that were fetched for agents and not used for a long time.</summary>
internal sealed partial class CacheEviction(
    string folder,
    TimeSpan keep,
    TimeProvider time,
    ILogger<CacheEviction> logger
) : PeriodicWorker(s_every, time)
{
    private static readonly TimeSpan s_every = TimeSpan.FromHours(1);

    /// <summary>Never deleted: made here, or needed to know what the other files are.</summary>
    private static readonly string[] Kept =
    [
        Manifest.FileName,
        Manifest.SignatureFileName,
        PatchDescription.FileName,
        PatchDescription.SignatureFileName,
    ];

    /// <inheritdoc/>
    protected override Task Round(CancellationToken cancel)
    {
        try
        {
            Run();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogFailed(e.Message);
        }

        return Task.CompletedTask;
    }

    /// <summary>One round; returns how many files went.</summary>
    internal int Run()
    {
        if (!Directory.Exists(folder))
            return 0;
        var before = Time.GetUtcNow().UtcDateTime - keep;
        var gone = 0;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            if (Kept.Contains(file.Name) || file.LastAccessTimeUtc > before || file.LastWriteTimeUtc > before)
                continue;
            file.Delete();
            gone++;
        }

        return gone;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old files of the cache were not deleted: {Reason}")]
    private partial void LogFailed(string reason);
}
