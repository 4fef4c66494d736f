using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.Replication.Wire;

namespace EPortal.Replication;

/// <summary>
/// Merges the whole state of another node into this one, page by page (<see cref="StateMerge"/>): where operations
/// between them have been deleted, or when it is asked for. Cut short anywhere it is begun again, and nothing is lost.
/// One runs at a time: a row that one node deleted must not come from another while the merge with the first is not
/// done.
/// </summary>
/// <param name="options">The lock.</param>
/// <param name="database">The store.</param>
/// <param name="log">Changes to it.</param>
/// <param name="reader">The kinds of entities.</param>
/// <param name="manifests">Manifests of patchsets.</param>
/// <param name="library">Patchsets that are here.</param>
/// <param name="time">The clock.</param>
internal sealed class FullMerge(
    ReplicationOptions options,
    Database database,
    ChangeLog log,
    StateReader reader,
    ManifestExchange manifests,
    PatchsetLibrary library,
    TimeProvider time
)
{
    /// <summary>In one commit: check-ins of agents wait for it.</summary>
    private const int PerCommit = 500;

    private const int PageOfIds = 20_000;

    /// <summary>Merges.</summary>
    /// <param name="next">Asks the other for a page of its snapshot; of a new one when given null.</param>
    /// <param name="refused">Is told of manifests that are not trusted here.</param>
    /// <param name="progress">Is told how many rows of how many were taken.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="PeerException">The other failed, or its clock is too far ahead.</exception>
    /// <exception cref="StoreException">The store failed, or this version does not know an entity.</exception>
    public async Task Run(
        Func<string?, Task<StateAnswer>> next,
        Action<string> refused,
        Action<long, long> progress,
        CancellationToken cancel
    )
    {
        using var alone = await FileLock.AcquireAsync(options.MergeLock, () => { }, cancel);
        var seen = reader.Types.ToDictionary(type => type.Name, _ => new HashSet<string>(), StringComparer.Ordinal);
        var holds = new HashSet<string>(StringComparer.Ordinal);
        var page = await next(null);
        if (HybridClock.IsTooFarAhead(page.Stamp, time.GetUtcNow()))
            throw new PeerException(
                $"the other node's clock is more than {HybridClock.MaxSkew.TotalMinutes} minutes ahead of this one: set both right"
            );
        var taken = 0L;
        while (page.Rows.Count > 0)
        {
            cancel.ThrowIfCancellationRequested();
            await Take(page, refused);
            foreach (var row in page.Rows.Where(row => seen.ContainsKey(row.Entity)))
                seen[row.Entity].Add(row.Id);
            holds.UnionWith(page.Holds.Select(hold => hold.Id));
            progress(taken += page.Rows.Count, page.Total);
            page = await next(page.Snapshot);
        }

        var theirs = page.Vector.ToDictionary(
            origin => origin.Origin,
            origin => origin.Sequence,
            StringComparer.Ordinal
        );
        foreach (var type in reader.Types)
            await DeleteAbsent(type, seen[type.Name], theirs, cancel);
        await Finish(page, holds, theirs);
    }

    private Task Take(StateAnswer page, Action<string> refused) =>
        manifests.Record(
            manifests.Check(page.Manifests, refused),
            async record =>
            {
                var holds = page.Holds.ToLookup(hold => hold.Subject, StringComparer.Ordinal);
                foreach (var some in page.Rows.Select(row => row.ToState()).Chunk(PerCommit))
                {
                    await log.Commit(
                        Actor.Portal,
                        change =>
                        {
                            change.Advance(page.Stamp);
                            var merge = change.Merge();
                            foreach (var row in some)
                            {
                                merge.Put(row);
                                foreach (var hold in holds[row.Id])
                                    merge.Put(hold);
                            }

                            record(change);
                            change.EntitiesChanged();
                            return true;
                        }
                    );
                }
            }
        );

    private async Task DeleteAbsent(
        EntityType type,
        HashSet<string> seen,
        IReadOnlyDictionary<string, long> theirs,
        CancellationToken cancel
    )
    {
        if (type.IsPair || type == UserLog.Entity)
            return;
        var after = "";
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            var ids = database.Read(session => Ids(session, type, after));
            if (ids.Count == 0)
                return;
            after = ids[^1];
            foreach (var some in ids.Where(id => !seen.Contains(id)).Chunk(PerCommit))
            {
                var files = database.Read(session => FilesOf(session, type, some));
                await log.Commit(
                    Actor.Portal,
                    change =>
                    {
                        change.Merge().DeleteAbsent(type, some, theirs);
                        return true;
                    }
                );
                foreach (var (product, name, archive) in files)
                    library.RemoveUnknown(product, name, archive);
            }
        }
    }

    private Task Finish(StateAnswer page, HashSet<string> holds, IReadOnlyDictionary<string, long> theirs) =>
        log.Commit(
            Actor.Portal,
            change =>
            {
                var merge = change.Merge();
                merge.ReleaseAbsent(
                    StateReader.Holds(change.Session, "", int.MaxValue).Where(hold => !holds.Contains(hold.Id)),
                    theirs
                );
                change.Advance(page.Stamp);
                merge.Finish(page.Vector, page.Pending);
                return true;
            }
        );

    private static List<string> Ids(Session session, EntityType type, string after)
    {
        var ids = new List<string>();
        using var row = session.Query(
            $"SELECT id FROM {type.Name} WHERE id > @after ORDER BY id LIMIT @most",
            ("@after", after),
            ("@most", PageOfIds)
        );
        while (row.Read())
            ids.Add(row.GetString(0));
        return ids;
    }

    private static List<(Product Product, string Name, string Archive)> FilesOf(
        Session session,
        EntityType type,
        string[] ids
    )
    {
        var files = new List<(Product, string, string)>();
        if (type != Patchset.Entity)
            return files;
        foreach (var id in ids)
        {
            using var row = session.Query("SELECT product, name, archive FROM patchset WHERE id = @id", ("@id", id));
            if (row.Read() && Products.TryParse(row.GetString(0), out var product))
                files.Add((product, row.GetString(1), row.GetString(2)));
        }

        return files;
    }
}
