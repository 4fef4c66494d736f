using System.Text;
using Dapper;
using EPortal.Data;
using EPortal.Hosting;
using EPortal.Servers;
using Microsoft.Extensions.Time.Testing;

namespace EPortal.Tests.Data;

/// <summary>A store of its own in a folder that goes with it, on a clock that the test moves.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    public static readonly Actor Admin = new("tester", "192.0.2.1");

    public TestStore(DateTimeOffset? now = null)
    {
        Folder = Directory.CreateTempSubdirectory("eportal-store-").FullName;
        Time = new FakeTimeProvider(now ?? new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
        Database = Database.Open(Folder);
        Log = new ChangeLog(Database, Entities.Catalog, Time);
        Changes = new HostChangeLimiter(0, Time);
    }

    public string Folder { get; }

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

    public T? Scalar<T>(string sql, object? parameters = null) =>
        Database.Read(session => session.Connection.ExecuteScalar<T>(sql, parameters));

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        Database.Dispose();
        Directory.Delete(Folder, recursive: true);
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
