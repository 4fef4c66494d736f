using EPortal.Data;
using EPortal.Feeds;
using EPortal.Servers.Search;

namespace EPortal.Servers.CheckIns;

/// <summary>
/// All registered hosts in memory, so that most calls of agents need no look at the store. It is true at every moment:
/// whoever asks compares the store's mark first, and where that has moved, whichever process moved it, the operations
/// since are read.
/// </summary>
internal sealed class ServerCache(Database database, Offers offers)
{
    private const int PreloadRows = 2000;

    // The writer takes it too, so nobody holds it for long.
    private readonly Lock _gate = new();
    private readonly CachedServerTable _table = new();
    private readonly InternTable _numbers = new();
    private Dictionary<long, LoggedCheckIn> _recovered = [];
    private HashSet<long> _inLog = [];
    private AgentKey?[] _keys = [];
    private volatile FleetView? _view;
    private long _revision = -1;
    private long _operation;
    private long _merges;
    private long _changes;

    /// <summary>What agents have in common right now.</summary>
    public FleetView View() => _view is { } view && view.Mark == database.Mark ? view : Refresh();

    /// <summary>
    /// The host of that id, as of a view that was asked for before; false for an unknown one, or one whose key is gone.
    /// </summary>
    public bool TryFind(FleetView view, PackedServerId id, out CachedServer agent, out AgentKey key)
    {
        key = null!;
        if (!_table.TryFind(id, out agent) && !TryLoad(id, out agent))
            return false;
        // A key that came after the view was made comes with the next one.
        var keys = agent.Key < view.Keys.Length ? view.Keys : View().Keys;
        key = agent.Key < keys.Length ? keys[agent.Key]! : null!;
        return key is not null;
    }

    /// <summary>A known host as the store sees it.</summary>
    public RegisteredServer ServerOf(string serverId, CachedServer agent, AgentKey key) =>
        new(
            agent.Local,
            new EntityId(_numbers.Origin(agent.Origin), agent.Sequence).ToString(),
            serverId,
            key.FeedId,
            key.FeedName,
            key.Products,
            null,
            -1
        );

    /// <summary>
    /// Notes a check-in that changes nothing but time and uptime; false when the host is gone. For the writer.
    /// </summary>
    public bool Touch(PackedServerId id, long local, long uptime) =>
        _table.Update(
            id,
            (local, uptime),
            static (ref CachedServer agent, (long Local, long Uptime) now) =>
            {
                if (agent.Local != now.Local)
                    return false;
                agent.Uptime = now.Uptime;
                return true;
            }
        );

    /// <summary>
    /// Notes that the facts of a host are about to change, so that nothing counts as what it said last; false when the
    /// host is gone. For the writer.
    /// </summary>
    /// <param name="id">Its id.</param>
    /// <param name="local">This node's number of it.</param>
    /// <param name="uptime">Its uptime from now on.</param>
    /// <param name="version">Its version.</param>
    /// <param name="was">The uptime it had; -1 before its first check-in.</param>
    public bool TryInvalidate(PackedServerId id, long local, long uptime, out ushort version, out long was)
    {
        var before = (Version: (ushort)0, Uptime: -1L);
        var here = _table.Update(
            id,
            (local, uptime),
            (ref CachedServer agent, (long Local, long Uptime) now) =>
            {
                if (agent.Local != now.Local)
                    return false;
                before = (++agent.Version, agent.Uptime);
                (agent.Uptime, agent.Digest) = (now.Uptime, 0);
                return true;
            }
        );
        (version, was) = before;
        return here;
    }

    /// <summary>
    /// Notes that what a host said last came from another node, so that its next check-in is compared with the store.
    /// For the writer.
    /// </summary>
    public void Doubt(string serverId)
    {
        if (PackedServerId.TryRead(serverId, out var id))
            _table.Update(
                id,
                0,
                static (ref CachedServer agent, int _) =>
                {
                    agent.Version++;
                    agent.Digest = 0;
                    return true;
                }
            );
    }

    /// <summary>Notes what a host said last, once it is on disk; not if it has said more since.</summary>
    public void Confirm(PackedServerId id, ushort version, long uptime, long digest) =>
        _table.Update(
            id,
            (version, uptime, digest),
            static (ref CachedServer agent, (ushort Version, long Uptime, long Digest) now) =>
            {
                if (agent.Version == now.Version)
                    (agent.Uptime, agent.Digest) = (now.Uptime, now.Digest);
                return true;
            }
        );

    /// <summary>Reads what has changed up to a revision that <paramref name="session"/> sees.</summary>
    public void CatchUp(Session session, long revision)
    {
        lock (_gate)
        {
            if (revision == _revision)
                return;
            if (_revision < 0)
                (_recovered, _inLog, _keys) = (
                    CheckInLog.LastTimes(session),
                    CheckInLog.ServersWithFacts(session),
                    _numbers.ReadKeys(session)
                );
            else if (OperationRetention.Trimmed(session) > _operation || StateMerge.Count(session) != _merges)
                RereadAll(session);
            else
                Take(session, ServerChanges.After(session, _operation));
            (_revision, _operation, _merges) = (revision, OperationRetention.Last(session), StateMerge.Count(session));
        }
    }

    /// <summary>Reads all hosts, little by little; each that calls meanwhile is read when it does.</summary>
    public void Preload(CancellationToken cancel)
    {
        View();
        _table.Reserve(database.Read(ServerGroups.Total));
        var last = 0L;
        while (last >= 0 && !cancel.IsCancellationRequested)
            last = Load("s.local > @after ORDER BY s.local LIMIT @limit", ("@after", last), ("@limit", PreloadRows));
        lock (_gate)
            (_recovered, _inLog) = ([], []);
    }

    private FleetView Refresh()
    {
        lock (_gate)
        {
            var mark = database.Mark;
            if (_view is { } view && view.Mark == mark)
                return view;
            return _view = database.Read(session =>
            {
                var node = Node.Read(session);
                CatchUp(session, node.Revision);
                return new FleetView(mark, offers.At(session, node.OfferRevision), _keys);
            });
        }
    }

    private bool TryLoad(PackedServerId id, out CachedServer agent)
    {
        Load("s.server_id = @id", ("@id", id.ToString()));
        return _table.TryFind(id, out agent);
    }

    /// <summary>
    /// Reads hosts into the table; gives the last one's number, -1 when there was none. The reading itself keeps nobody
    /// waiting; when hosts were changed or deleted meanwhile it is done again, for it may have seen them as they were.
    /// </summary>
    private long Load(string which, params (string, object?)[] parameters)
    {
        while (true)
        {
            var changes = Volatile.Read(ref _changes);
            var rows = database.Read(session => Read(session, which, parameters));
            lock (_gate)
            {
                if (changes != _changes)
                    continue;
                foreach (var row in rows)
                {
                    if (row.Id is { } id)
                        _table.Add(id, AgentOf(row));
                }

                return rows.Count == 0 ? -1 : rows[^1].Local;
            }
        }
    }

    private static List<Row> Read(Session session, string which, ReadOnlySpan<(string, object?)> parameters)
    {
        var rows = new List<Row>();
        using var row = session.Query(
            $"SELECT s.local, s.server_id, s.id, s.key, coalesce(c.uptime, -1), coalesce(c.digest, 0) FROM server s LEFT JOIN server_checkin c ON c.server = s.local WHERE {which}",
            parameters
        );
        while (row.Read())
        {
            // An id of another form is looked up in the store each time.
            PackedServerId? id = PackedServerId.TryRead(row.GetString(1), out var read) ? read : null;
            rows.Add(
                new Row(
                    row.GetInt64(0),
                    id,
                    EntityId.Parse(row.GetString(2)),
                    row.GetString(3),
                    row.GetInt64(4),
                    row.GetInt64(5)
                )
            );
        }

        return rows;
    }

    private CachedServer AgentOf(Row row) =>
        new()
        {
            Local = row.Local,
            Origin = _numbers.OfOrigin(row.EntityId.Origin),
            Sequence = row.EntityId.Sequence,
            Key = _numbers.OfKey(row.Key),
            Uptime =
                row.Uptime >= 0 && _recovered.TryGetValue(row.Local, out var waiting) ? waiting.Uptime : row.Uptime,
            Digest = _inLog.Contains(row.Local) ? 0 : row.Digest,
        };

    private void Take(Session session, ServerChanges changes)
    {
        if (changes.Any)
            _changes++;
        if (changes.Deleted.Count > 0)
            _table.Remove([.. changes.Deleted.Select(id => (_numbers.OfOrigin(id.Origin), id.Sequence))]);
        changes.Changed.ForEach(id => Reread(session, id));
        if (changes.Keys)
            _keys = _numbers.ReadKeys(session);
    }

    /// <summary>
    /// Operations were deleted that were not read: then nothing is taken for as it was. Hosts stay in memory, for calls
    /// of theirs may be on their way.
    /// </summary>
    private void RereadAll(Session session)
    {
        _changes++;
        (_recovered, _inLog, _keys) = (
            CheckInLog.LastTimes(session),
            CheckInLog.ServersWithFacts(session),
            _numbers.ReadKeys(session)
        );
        var there = new HashSet<(ushort, long)>();
        using var row = session.Query("SELECT server_id, key, id FROM server");
        while (row.Read())
        {
            var id = EntityId.Parse(row.GetString(2));
            there.Add((_numbers.OfOrigin(id.Origin), id.Sequence));
            Distrust(row.GetString(0), row.GetString(1));
        }

        _table.Keep(there);
    }

    /// <summary>
    /// Somebody changed a host: its next check-in is compared with the store, in case that was about its facts or tags.
    /// </summary>
    private void Reread(Session session, string id)
    {
        using var row = session.Query("SELECT server_id, key FROM server WHERE id = @id", ("@id", id));
        if (row.Read())
            Distrust(row.GetString(0), row.GetString(1));
    }

    private void Distrust(string serverId, string ofKey)
    {
        if (PackedServerId.TryRead(serverId, out var id))
            _table.Update(
                id,
                _numbers.OfKey(ofKey),
                static (ref CachedServer agent, int key) =>
                {
                    agent.Version++;
                    (agent.Key, agent.Digest) = (key, 0);
                    return true;
                }
            );
    }

    /// <summary>A host as it was read.</summary>
    private readonly record struct Row(
        long Local,
        PackedServerId? Id,
        EntityId EntityId,
        string Key,
        long Uptime,
        long Digest
    );
}
