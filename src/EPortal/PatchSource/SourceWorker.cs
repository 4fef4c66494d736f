using EPortal.Data;
using EPortal.Format;

namespace EPortal.PatchSource;

/// <summary>Syncs with the patch source and fills automatic feeds, every so often.</summary>
internal sealed partial class SourceWorker(
    SourceDesk? source, AutoUpdate autoUpdate, TimeSpan? period, TimeProvider time, ILogger<SourceWorker> logger)
    : PeriodicWorker(period, time)
{
    /// <inheritdoc/>
    protected override async Task Round(CancellationToken cancel)
    {
        if (source is not null)
            await Attempt(() => Sync(source, cancel));
        await Attempt(FillFeeds);
    }

    private async Task Attempt(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is SentenceException or IOException or UnauthorizedAccessException)
        {
            LogFailed(e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A mistake of ours. Let out, it would end the whole portal, which can serve without its source.
            LogBroken(e);
        }
    }

    private async Task Sync(SourceDesk desk, CancellationToken cancel)
    {
        using var turn = desk.Sync.TryBegin();
        if (turn is null)
            return;
        var report = await desk.Sync.Run(Actor.Portal, desk.Wish(Products.All), _ => new Progress<long>(), cancel);
        foreach (var entry in report.Fetched)
            LogFetched(entry.Name);
        foreach (var (entry, reason) in report.Failed)
            LogNotFetched(entry.Name, reason);
    }

    private async Task FillFeeds()
    {
        foreach (var product in Products.All)
        {
            foreach (var (feed, patchsets) in await autoUpdate.Run(Actor.Portal, product))
            {
                foreach (var patchset in patchsets)
                    LogEnabled(patchset, feed);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason} What is here goes on being served.")]
    private partial void LogFailed(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The round failed unexpectedly. What is here goes on being served.")]
    private partial void LogBroken(Exception failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Patchset} was fetched from the patch source")]
    private partial void LogFetched(string patchset);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Patchset} was not fetched: {Reason}")]
    private partial void LogNotFetched(string patchset, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Patchset} came onto {Feed} automatically")]
    private partial void LogEnabled(string patchset, string feed);
}
