using System.Data.Common;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;

namespace EPortal.Servers;

/// <summary>
/// All registered hosts in memory, so that most calls of agents need no look at the store. It is true at every moment: whoever
/// asks compares the store's mark first, and where that has moved, whichever process moved it, the operations since are read.
/// </summary>
internal sealed class KnownServers(Database database, Offers offers)
{
    private const int PreloadRows = 500;

    // Whoever holds it may read the store; the writer takes it too, so nobody holds it for long.
    private readonly Lock _gate = new();
    private readonly KnownTable _table = new();
    private readonly Dictionary<string, ushort> _origins = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _keyNumbers = new(StringComparer.Ordinal);
    private Dictionary<long, WaitingCheckIn> _recovered = [];
    private AgentKey?[] _keys = [];
    private volatile FleetView? _view;
    private long _revision = -1;
    private long _operation;

    /// <summary>What agents have in common right now.</summary>
    public FleetView View() => _view is { } view && view.Mark == database.Mark ? view : Refresh();

    /// <summary>The host of that id, as of a view that was asked for before; false for an unknown one, or one whose key is gone.</summary>
    public bool TryFind(FleetView view, UInt128 id, out KnownAgent agent, out AgentKey key)
    {
        key = null!;
        if (!_table.TryFind(id, out agent) && !TryLoad(id, out agent))
            return false;
        // A key that came after the view was made comes with the next one.
        var keys = agent.Key < view.Keys.Length ? view.Keys : View().Keys;
        key = agent.Key < keys.Length ? keys[agent.Key]! : null!;
        return key is not null;
    }

    /// <summary>Notes a check-in that changes nothing but time and uptime; false when the host is gone. For the writer.</summary>
    public bool Touch(UInt128 id, long local, long uptime) => _table.Update(id, (local, uptime), static (ref KnownAgent agent, (long Local, long Uptime) now) =>
    {
        if (agent.Local != now.Local)
            return false;
        agent.Uptime = now.Uptime;
        return true;
    });

    /// <summary>
    /// Notes that the facts of a host are about to change, so that nothing counts as what it said last. Gives its turn and the
    /// uptime it had, -1 where that is not known. For the writer.
    /// </summary>
    public (ushort Turn, long Uptime) Unsettle(UInt128 id)
    {
        var before = (Turn: (ushort)0, Uptime: -1L);
        _table.Update(id, 0, (ref KnownAgent agent, int _) =>
        {
            before = (++agent.Turn, agent.Uptime);
            agent.Digest = 0;
            return true;
        });
        return before;
    }

    /// <summary>Notes what a host said last, once it is on disk; not if it has said more since.</summary>
    public void Settle(UInt128 id, ushort turn, long uptime, long digest) =>
        _table.Update(id, (turn, uptime, digest), static (ref KnownAgent agent, (ushort Turn, long Uptime, long Digest) now) =>
        {
            if (agent.Turn == now.Turn)
                (agent.Uptime, agent.Digest) = (now.Uptime, now.Digest);
            return true;
        });

    /// <summary>Reads what has changed up to a revision that <paramref name="session"/> sees.</summary>
    public void CatchUp(Session session, long revision)
    {
        lock (_gate)
        {
            if (revision == _revision)
                return;
            if (_revision < 0)
                _recovered = WaitingCheckIns.Read(session);
            ReadOperations(session);
            _revision = revision;
        }
    }

    /// <summary>Reads all hosts, little by little; each that calls meanwhile is read when it does.</summary>
    public void Preload(CancellationToken cancel)
    {
        View();
        _table.Reserve(database.Read(ServerGroups.Total));
        for (var last = 0L; last >= 0 && !cancel.IsCancellationRequested;)
        {
            lock (_gate)
                last = database.Read(session => Load(session, "s.local > @after ORDER BY s.local LIMIT @limit", ("@after", last), ("@limit", PreloadRows)));
        }

        lock (_gate)
            _recovered = [];
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

    private bool TryLoad(UInt128 id, out KnownAgent agent)
    {
        lock (_gate)
            database.Read(session => Load(session, "s.server_id = @id", ("@id", AgentId.Text(id))));
        return _table.TryFind(id, out agent);
    }

    /// <summary>Reads hosts into the table; gives the last one's number, -1 when there was none.</summary>
    private long Load(Session session, string which, params ReadOnlySpan<(string, object?)> parameters)
    {
        var last = -1L;
        using var row = session.Query(
            $"SELECT s.local, s.server_id, s.id, s.key, c.uptime, c.digest FROM server s LEFT JOIN server_checkin c ON c.server = s.local WHERE {which}",
            parameters);
        while (row.Read())
        {
            last = row.GetInt64(0);
            if (AgentId.TryRead(row.GetString(1), out var id))
                _table.Add(id, AgentOf(row));
        }

        return last;
    }

    private KnownAgent AgentOf(DbDataReader row)
    {
        var local = row.GetInt64(0);
        var birth = EntityId.Parse(row.GetString(2));
        var seen = !row.IsDBNull(4);
        return new KnownAgent
        {
            Local = local,
            Origin = OriginOf(birth.Origin),
            Sequence = birth.Sequence,
            Key = KeyNumberOf(row.GetString(3)),
            Uptime = !seen ? -1 : _recovered.TryGetValue(local, out var waiting) ? waiting.Uptime : row.GetInt64(4),
            Digest = seen ? row.GetInt64(5) : 0,
        };
    }

    private ushort OriginOf(string origin)
    {
        if (!_origins.TryGetValue(origin, out var number))
            _origins.Add(origin, number = (ushort)_origins.Count);
        return number;
    }

    private int KeyNumberOf(string key)
    {
        if (!_keyNumbers.TryGetValue(key, out var number))
            _keyNumbers.Add(key, number = _keyNumbers.Count);
        return number;
    }

    private void ReadOperations(Session session)
    {
        var (before, births, keys) = (_operation, new HashSet<(ushort, long)>(), _revision < 0);
        _operation = (long)(session.Scalar("SELECT max(number) FROM operation") ?? 0L);
        var changed = new List<string>();
        if (_revision >= 0)
        {
            using var row = session.Query(
                """
                SELECT entity, content FROM operation WHERE number > @before
                AND (entity IN ('key', 'feed') OR (entity = 'server' AND content NOT LIKE '{"do":"create"%'))
                """,
                ("@before", before));
            while (row.Read())
            {
                if (row.GetString(0) != Server.Entity.Name)
                    keys = true;
                else
                    Note(OperationJson.Read(default, 0, Server.Entity.Name, row.GetString(1)), births, changed);
            }
        }

        if (births.Count > 0)
            _table.Remove(births);
        changed.ForEach(id => Reread(session, id));
        if (keys)
            ReadKeys(session);
    }

    private void Note(Operation operation, HashSet<(ushort, long)> births, List<string> changed)
    {
        if (operation.Deed == Deed.Delete)
            births.UnionWith(operation.Subjects.Select(EntityId.Parse).Select(birth => (OriginOf(birth.Origin), birth.Sequence)));
        else
            changed.AddRange(operation.Subjects);
    }

    /// <summary>Somebody changed a host: its next check-in is compared with the store, in case that was about its facts or tags.</summary>
    private void Reread(Session session, string birth)
    {
        using var row = session.Query("SELECT server_id, key FROM server WHERE id = @birth", ("@birth", birth));
        if (row.Read() && AgentId.TryRead(row.GetString(0), out var id))
            _table.Update(id, KeyNumberOf(row.GetString(1)), static (ref KnownAgent agent, int key) =>
            {
                agent.Turn++;
                (agent.Key, agent.Digest) = (key, 0);
                return true;
            });
    }

    private void ReadKeys(Session session)
    {
        var keys = new Dictionary<int, AgentKey>();
        using (var row = session.Query(
            """
            SELECT k.id, coalesce(f.id, @main), coalesce(f.name, 'main'), k.products
            FROM key k LEFT JOIN feed f ON f.id = k.feed AND f.shadowed = 0 WHERE k.shadowed = 0
            """,
            ("@main", Feed.MainId)))
        {
            while (row.Read())
                keys[KeyNumberOf(row.GetString(0))] = new AgentKey(
                    row.GetString(1), row.GetString(2), row.GetString(3).Split(' ').Contains(Product.Kernel.Token(), StringComparer.Ordinal));
        }

        _keys = [.. Enumerable.Range(0, _keyNumbers.Count).Select(keys.GetValueOrDefault)];
    }
}
