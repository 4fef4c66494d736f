using System.Collections.Concurrent;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>
/// Imports what the patch source lists: first the list itself, with what it blocks, then the patchsets that are wanted.
/// One sync at a time, across processes. If something fails, what is here is still served.
/// </summary>
internal sealed class SourceSync(
    SourceClient client,
    PatchsetImporter fetch,
    Database database,
    ChangeLog log,
    SyncScope choice,
    int parallel,
    string lockFile,
    SyncActivity activity
)
{
    /// <summary>Takes the right to sync; null while another sync has it.</summary>
    public FileLock? TryBegin() => FileLock.TryAcquire(lockFile);

    /// <summary>Whether another sync has it at this moment.</summary>
    public bool IsTaken()
    {
        using var syncLock = TryBegin();
        return syncLock is null;
    }

    /// <summary>Waits for the right to sync; <paramref name="waiting"/> is called when another sync has it.</summary>
    public Task<FileLock> Begin(Action waiting, CancellationToken cancel) =>
        FileLock.AcquireAsync(lockFile, waiting, cancel);

    /// <summary>Syncs. The caller has the right to.</summary>
    /// <param name="actor">In whose name.</param>
    /// <param name="request">What to bring.</param>
    /// <param name="begin">Told how many bytes there are to fetch, once that is known; gives whom to tell how many
    /// came.</param>
    /// <param name="cancel">Stops it; what came until then stays.</param>
    /// <exception cref="SourceException">The index could not be had or is not believed.</exception>
    public async Task<SyncReport> Run(
        Actor actor,
        SyncRequest request,
        Func<long, IProgress<long>> begin,
        CancellationToken cancel
    )
    {
        activity.Begin(actor);
        try
        {
            var index = await client.FetchIndex(cancel);
            await log.Commit(
                Actor.Portal,
                change =>
                {
                    IndexImport.Apply(change, client.Url, index);
                    return true;
                }
            );
            var report = await Fetch(actor, index.Index, request, begin, cancel) with
            {
                Copy = SourceClient.CopyOrNull(index),
            };
            await Note(report.Failed.Count == 0 ? null : "incomplete", Summary(report));
            return report;
        }
        catch (SourceException e)
        {
            await Note(e.Code.ToString(), e.Message);
            throw;
        }
        catch (Exception e)
        {
            activity.End("stopped", e is UserFacingException ? e.Message : "interrupted");
            throw;
        }
    }

    private async Task<SyncReport> Fetch(
        Actor actor,
        RepositoryIndex index,
        SyncRequest request,
        Func<long, IProgress<long>> begin,
        CancellationToken cancel
    )
    {
        var lacking = Lacking(index, request);
        fetch.Sweep(index);
        if (lacking.Count == 0)
            return new SyncReport(index.Version, [], []);
        var bytes = request.Whole ? lacking.Sum(entry => entry.Size) : 0;
        activity.Expect(lacking.Count, bytes);
        var progress = new SyncProgress(begin(lacking.Sum(entry => entry.Size)), activity);
        var fetched = new ConcurrentBag<RepositoryEntry>();
        var failed = new ConcurrentBag<(RepositoryEntry, string)>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancel };
        await Parallel.ForEachAsync(
            lacking,
            options,
            async (entry, token) =>
            {
                try
                {
                    await fetch.Bring(actor, entry, request.Whole, progress.Part(), token);
                    fetched.Add(entry);
                    activity.Fetched();
                }
                catch (Exception e)
                    when (e
                            is SourceException
                                or PatchsetException
                                or RefusedException
                                or StoreException
                                or IOException
                                or UnauthorizedAccessException
                    )
                {
                    failed.Add((entry, e.Message));
                    activity.Failed();
                }
            }
        );
        return new SyncReport(
            index.Version,
            [.. fetched.OrderBy(entry => entry.Released)],
            [.. failed.OrderBy(pair => pair.Item1.Released)]
        );
    }

    private List<RepositoryEntry> Lacking(RepositoryIndex index, SyncRequest request)
    {
        var known = database.Read(session =>
            request
                .Products.SelectMany(product => PatchsetStore.List(session, product))
                .ToDictionary(patchset => (patchset.Product, patchset.Name))
        );
        return
        [
            .. request
                .Products.SelectMany(product => choice.Of(product, index.Patchsets))
                .Where(entry =>
                    known.GetValueOrDefault((entry.Product, entry.Name)) is not { IsHere: true }
                    || (request.Complete && !fetch.IsWhole(entry))
                ),
        ];
    }

    private async Task Note(string? error, string message)
    {
        try
        {
            await log.Commit(
                Actor.Portal,
                change =>
                {
                    SourceStore.Note(change, error, message);
                    return true;
                }
            );
        }
        finally
        {
            activity.End(error, message);
        }
    }

    private static string Summary(SyncReport report) =>
        report.Copy is { } copy ? $"{Result(report)}; {copy}" : Result(report);

    private static string Result(SyncReport report) =>
        report.Failed.Count == 0
            ? $"{Plural.Of(report.Fetched.Count, "new patchset")}, index version {report.Version}"
            : $"{report.Failed.Count} of {Plural.Of(report.Failed.Count + report.Fetched.Count, "patchset")} not fetched, first "
                + $"{report.Failed[0].Entry.Name}: {report.Failed[0].Reason}";
}
