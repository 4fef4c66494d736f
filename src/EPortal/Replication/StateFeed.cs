using System.Security.Cryptography;
using EPortal.Data;
using EPortal.Patchsets;
using EPortal.Replication.Wire;

namespace EPortal.Replication;

/// <summary>
/// Gives other nodes the whole state, page by page, on one snapshot each. A snapshot holds a connection of the database
/// and keeps its log from starting anew, so there are few, and one that is not asked for is closed.
/// </summary>
/// <param name="database">The store.</param>
/// <param name="reader">Reads its state.</param>
/// <param name="manifests">Manifests of patchsets that are here.</param>
/// <param name="time">The clock.</param>
internal sealed class StateFeed(Database database, StateReader reader, ManifestExchange manifests, TimeProvider time)
    : IDisposable
{
    private const int Most = 4;
    private const int RowsInPage = 5000;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Snapshot> _snapshots = new(StringComparer.Ordinal);

    /// <summary>The next page of a snapshot; the first of a new one without a name.</summary>
    /// <exception cref="RefusedException">The snapshot is not there any more, or there are too many.</exception>
    public StateAnswer Next(StateRequest request)
    {
        lock (_gate)
        {
            CloseForgotten();
            var name = request.Snapshot ?? Begin();
            if (!_snapshots.TryGetValue(name, out var snapshot))
                throw new RefusedException(Refusal.Conflict, "the snapshot was closed; begin again");
            snapshot.Used = time.GetTimestamp();
            var page = Page(name, snapshot);
            if (page.Rows.Count == 0)
                Close(name);
            return page;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var name in _snapshots.Keys.ToList())
                Close(name);
        }
    }

    private string Begin()
    {
        if (_snapshots.Count >= Most)
            throw new RefusedException(Refusal.Conflict, "too many full merges at once; try again later");
        var session = database.OpenSnapshot();
        var name = RandomNumberGenerator.GetHexString(32, lowercase: true);
        _snapshots.Add(
            name,
            new Snapshot(
                session,
                StateReader.Vector(session),
                StateReader.Pending(session),
                Node.Read(session).Stamp,
                reader.Types.Sum(type => (long)session.Scalar($"SELECT count(*) FROM {type.Name}")!)
            )
        );
        return name;
    }

    private StateAnswer Page(string name, Snapshot snapshot)
    {
        var answer = new StateAnswer
        {
            Snapshot = name,
            Vector = snapshot.Vector,
            Stamp = snapshot.Stamp,
            Pending = snapshot.Pending,
            Total = snapshot.Total,
        };
        while (snapshot.Type < reader.Types.Count)
        {
            var type = reader.Types[snapshot.Type];
            var rows = StateReader.Rows(snapshot.Session, type, snapshot.After, RowsInPage);
            if (rows.Count > 0)
            {
                snapshot.After = rows[^1].Id;
                return answer with
                {
                    Rows = [.. rows.Select(RowPart.Of)],
                    Holds = StateReader.HoldsOn(snapshot.Session, type, rows[0].Id, rows[^1].Id),
                    Manifests =
                        type == Patchset.Entity ? manifests.Of(snapshot.Session, rows.Select(row => row.Fields)) : [],
                };
            }

            (snapshot.Type, snapshot.After) = (snapshot.Type + 1, "");
        }

        return answer;
    }

    private void CloseForgotten()
    {
        foreach (var (name, _) in _snapshots.Where(one => time.GetElapsedTime(one.Value.Used) > s_patience).ToList())
            Close(name);
    }

    private void Close(string name)
    {
        _snapshots.Remove(name, out var snapshot);
        snapshot!.Session.Dispose();
    }

    private sealed class Snapshot(
        Session session,
        IReadOnlyList<VectorState> vector,
        IReadOnlyList<OperationRow> pending,
        long stamp,
        long total
    )
    {
        public Session Session { get; } = session;

        public IReadOnlyList<VectorState> Vector { get; } = vector;

        public IReadOnlyList<OperationRow> Pending { get; } = pending;

        public long Stamp { get; } = stamp;

        public long Total { get; } = total;

        public int Type { get; set; }

        public string After { get; set; } = "";

        public long Used { get; set; }
    }
}
