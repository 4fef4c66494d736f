using Bench.Million;
using Dapper;
using EPortal.Data;
using EPortal.Servers.CheckIns;

namespace Bench.Soak;

/// <summary>Compares what is in the store with what the clients were told.</summary>
internal sealed class SoakAudit(Session session)
{
    private readonly Dictionary<long, LoggedCheckIn> _waiting = CheckInLog.LastTimes(session);

    public List<string> Faults { get; } = [];

    public void Agents(IEnumerable<SoakHost> hosts)
    {
        foreach (var host in hosts)
        {
            var row = session.Connection.QueryFirstOrDefault<Row>(
                """
                SELECT s.local, c.at, c.stamp, x.hostname, x.euname, x.patch_level AS level FROM server s
                LEFT JOIN server_checkin c ON c.server = s.local LEFT JOIN server_facts x ON x.server = s.local WHERE s.server_id = @Id
                """,
                new { host.Id }
            );
            if (host.IsEnded || (host.IsEnding && row is null))
                Say(row is not null, $"{host.Id} was unregistered and is there");
            else if (row is null)
                Say(true, $"{host.Id} was registered and is not there");
            else if (host.Acknowledged > 0)
                CheckIn(host, row);
        }
    }

    public void Fleet(long[] acknowledged, (int Acknowledged, int Sent)[] news, IReadOnlyCollection<int> deleted)
    {
        var rows = session
            .Connection.Query<(long Local, long At, long Stamp)>("SELECT server, at, stamp FROM server_checkin")
            .ToDictionary(row => row.Local);
        for (var n = 0; n < acknowledged.Length; n++)
        {
            if (acknowledged[n] > 0)
                Say(
                    !rows.TryGetValue(n + 1, out var row) || At(row.Local, row.At, row.Stamp) < acknowledged[n],
                    $"a check-in of B{n:d15} was acknowledged and is not there"
                );
        }

        var said = session
            .Connection.Query<(long Local, string Euname)>("SELECT server, euname FROM server_facts")
            .ToDictionary(row => row.Local, row => row.Euname);
        for (var n = 0; n < news.Length; n++)
        {
            var (last, sent) = news[n];
            if (last > 0)
                Say(
                    !Enumerable
                        .Range(last, sent - last + 1)
                        .Select(FleetRequests.EunameOf)
                        .Contains(said.GetValueOrDefault(n + 1)),
                    $"B{n:d15} said {last} and stands with {said.GetValueOrDefault(n + 1)}"
                );
        }

        foreach (var n in deleted)
            Say(
                session.Connection.ExecuteScalar<long>(
                    "SELECT count(*) FROM server WHERE server_id = @id",
                    new { id = $"B{n:d15}" }
                ) > 0,
                $"B{n:d15} was deleted and is there"
            );
    }

    public void Patchsets(IEnumerable<string> there, IEnumerable<string> gone)
    {
        var names = session
            .Connection.Query<string>("SELECT p.name FROM patchset p JOIN patchset_copy c ON c.patchset = p.id")
            .ToHashSet(StringComparer.Ordinal);
        foreach (var name in there)
            Say(!names.Contains(name), $"patchset {name} was deployed and is not there");
        foreach (var name in gone)
            Say(names.Contains(name), $"patchset {name} was deleted and is there");
    }

    /// <summary>Counts that triggers keep against the rows themselves, and what the database says of itself.</summary>
    public void Counts()
    {
        foreach (
            var (what, sql) in new[]
            {
                (
                    "servers and their search rows",
                    "SELECT (SELECT count(*) FROM server) - (SELECT count(*) FROM server_search)"
                ),
                (
                    "servers and their counts",
                    "SELECT (SELECT count(*) FROM server) - (SELECT coalesce(sum(servers), 0) FROM server_group)"
                ),
                (
                    "groups of servers",
                    """
                    SELECT count(*) FROM (SELECT id, servers FROM server_group EXCEPT SELECT grp, count(*) FROM server_search GROUP BY 1) WHERE servers <> 0
                    """
                ),
                (
                    "check-ins without a server",
                    "SELECT count(*) FROM server_checkin WHERE server NOT IN (SELECT local FROM server)"
                ),
                ("broken references", "SELECT count(*) FROM pragma_foreign_key_check"),
                ("damages", "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
            }
        )
        {
            var count = session.Connection.ExecuteScalar<long>(sql);
            Say(count != 0, $"{what}: {count} too many or too few");
        }
    }

    private void CheckIn(SoakHost host, Row row)
    {
        Say(
            row.Level < host.Acknowledged || row.Level > host.Sent,
            $"{host.Id} said {host.Acknowledged} and stands with {row.Level}"
        );
        Say(
            row.Hostname != $"soak-{row.Level}" || row.Euname != $"{row.Level}",
            $"{host.Id} stands with parts of two check-ins"
        );
        Say(
            At(row.Local, row.At ?? 0, row.Stamp ?? 0) < host.At.ToUnixTimeMilliseconds() * 1000,
            $"the last check-in of {host.Id} was acknowledged and is not there"
        );
    }

    private long At(long local, long at, long stamp) =>
        _waiting.TryGetValue(local, out var waiting) && waiting.Stamp > stamp ? waiting.At : at;

    private void Say(bool isWrong, string what)
    {
        if (isWrong)
            Faults.Add(what);
    }

    private sealed class Row
    {
        public required long Local { get; init; }
        public long? At { get; init; }
        public long? Stamp { get; init; }
        public string? Hostname { get; init; }
        public string? Euname { get; init; }
        public long? Level { get; init; }
    }
}
