using System.Text;
using Dapper;
using EPortal.Data;
using EPortal.Hosting;
using EPortal.Servers;
using Microsoft.Extensions.Time.Testing;

namespace EPortal.Tests.Data;

/// <summary>An empty store that goes with the test, on a clock that the test moves.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    public static readonly Actor Admin = new("tester", "192.0.2.1");

    private readonly TestDatabase _kind;

    public TestStore(TestDatabase kind, DateTimeOffset? now = null)
    {
        (_kind, Place) = (kind, kind.NewPlace());
        Time = new FakeTimeProvider(now ?? new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
        Database = kind.Open(Place);
        Log = new ChangeLog(Database, Entities.Catalog, Time);
        Changes = new HostChangeLimiter(0, Time);
    }

    /// <summary>Where it is, in the terms of its database.</summary>
    public string Place { get; }

    public FakeTimeProvider Time { get; }

    public Database Database { get; }

    public ChangeLog Log { get; }

    /// <summary>Hosts may change as much as they like here.</summary>
    public HostChangeLimiter Changes { get; }

    public string Origin => Database.Read(session => Node.Read(session).Origin);

    /// <summary>All operations here, in order of arrival.</summary>
    public IReadOnlyList<Operation> Operations() =>
        Database.Read(session => ChangeLog.Operations(session, 0, int.MaxValue));

    public IReadOnlyDictionary<string, long> Vector() => Database.Read(VersionVector.All);

    public Task<Applied> Apply(Operation operation) => Log.Commit(Actor.Agent, change => change.Apply(operation));

    /// <summary>Gives another store what it lacks, in the order it arrived here.</summary>
    public async Task SendTo(TestStore other)
    {
        var has = other.Vector();
        foreach (var operation in Operations().Where(o => o.Id.Sequence > has.GetValueOrDefault(o.Id.Origin)))
            await other.Apply(operation);
    }

    /// <summary>Everything replicated, as text: equal for two stores with the same content.</summary>
    public string Content() =>
        Database.Read(session =>
        {
            var text = new StringBuilder();
            foreach (var type in Entities.Catalog.Types.OrderBy(type => type.Name, StringComparer.Ordinal))
                Append(text, session, type.Name);
            Append(text, session, "hold");
            Append(text, session, "version_vector");
            return text.ToString();
        });

    /// <summary>Opens it once more, as another process does.</summary>
    public Database OpenAgain() => _kind.Open(Place);

    /// <summary>Names of all its tables.</summary>
    public IReadOnlyList<string> Tables() => Database.Read(_kind.Tables);

    /// <summary>A change that goes well and lets the commit fail at its very end.</summary>
    public Task<int> BreakCommit() => _kind.BreakCommit(Log);

    public T? Scalar<T>(string sql, object? parameters = null) =>
        Database.Read(session => session.Connection.ExecuteScalar<T>(sql, parameters));

    /// <summary>Each row as text: its columns with blanks between them, <c>-</c> for null.</summary>
    public IReadOnlyList<string> Rows(string sql, object? parameters = null) =>
        Database.Read(session =>
            session
                .Connection.Query(sql, parameters)
                .Select(row => string.Join(' ', ((IDictionary<string, object?>)row).Values.Select(c => c ?? "-")))
                .ToList()
        );

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        Database.Dispose();
        _kind.Remove(Place);
    }

    private static void Append(StringBuilder text, Session session, string table)
    {
        var rows = session
            .Connection.Query($"SELECT * FROM {table}")
            .Select(row => (IDictionary<string, object?>)row)
            .Select(row => string.Join('|', row.Where(c => c.Key != "local").Select(c => $"{c.Key}={c.Value}")))
            .Order(StringComparer.Ordinal);
        foreach (var row in rows)
            text.Append(table).Append(": ").AppendLine(row);
    }
}
