using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;

namespace EPortal.PatchSource;

/// <summary>
/// Syncs with the patch source and fills automatic feeds, every so often and when somebody asks for it.
/// </summary>
internal sealed partial class SourceWorker(
    PatchSourceManager source,
    AutoUpdate autoUpdate,
    TimeSpan? period,
    TimeProvider time,
    ILogger<SourceWorker> logger
) : PeriodicWorker(period, time)
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _asked = Task.CompletedTask;

    /// <summary>
    /// Begins a sync that goes on beside the caller; false while another one has the right to, here or in another
    /// process.
    /// </summary>
    /// <exception cref="RefusedException">No patch source is set.</exception>
    public bool TryStart(Actor actor)
    {
        var lease = source.Take();
        FileLock? syncLock = null;
        try
        {
            var connection = lease.Connection ?? throw new RefusedException(Refusal.Conflict, "no patch source is set");
            syncLock = connection.Sync.TryBegin();
            if (syncLock is null)
                return false;
            _asked = RunAsked(actor, connection, lease, syncLock);
            return true;
        }
        finally
        {
            if (syncLock is null)
                lease.Dispose();
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await base.StopAsync(cancellationToken);
        // When the time to end is over it is left as it is: what it has fetched stays, and the next one goes on from
        // there.
        await Task.WhenAny(_asked, Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _stopping.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task Round(CancellationToken cancel)
    {
        await Attempt(() => Sync(cancel));
        await Attempt(FillFeeds);
    }

    private async Task RunAsked(Actor actor, PatchSourceConnection connection, SourceLease lease, FileLock syncLock)
    {
        try
        {
            using (lease)
            using (syncLock)
                await Attempt(() => Sync(actor, connection, _stopping.Token));
            await Attempt(FillFeeds);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The portal stops; what came until then stays.
        }
    }

    private async Task Attempt(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is UserFacingException or IOException or UnauthorizedAccessException)
        {
            LogFailed(e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A bug. Uncaught, it would stop the whole portal, which can serve without its source.
            LogBroken(e);
        }
    }

    private async Task Sync(CancellationToken cancel)
    {
        using var lease = source.Take();
        using var syncLock = lease.Connection?.Sync.TryBegin();
        if (syncLock is not null)
            await Sync(Actor.Portal, lease.Connection!, cancel);
    }

    private async Task Sync(Actor actor, PatchSourceConnection connection, CancellationToken cancel)
    {
        var report = await connection.Sync.Run(
            actor,
            connection.Request(Products.All),
            _ => new Progress<long>(),
            cancel
        );
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason}; patchsets that are already here are still served")]
    private partial void LogFailed(string reason);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The sync failed unexpectedly; patchsets that are already here are still served"
    )]
    private partial void LogBroken(Exception failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Patchset} was fetched from the patch source")]
    private partial void LogFetched(string patchset);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Patchset} was not fetched: {Reason}")]
    private partial void LogNotFetched(string patchset, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Patchset} was enabled in {Feed} automatically")]
    private partial void LogEnabled(string patchset, string feed);
}
