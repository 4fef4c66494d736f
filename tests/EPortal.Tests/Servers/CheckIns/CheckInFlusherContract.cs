using EPortal.Data;
using EPortal.Servers.CheckIns;
using EPortal.Tests.Data;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers.CheckIns;

/// <summary>
/// Check-ins leave the log when their rows are written and not before, though a commit takes in a part only.
/// </summary>
public abstract class CheckInFlusherContract(TestDatabase kind) : StoreContract(kind)
{
    /// <summary>Servers in a segment, which is swept at once.</summary>
    private const long Segment = 2048;

    /// <summary>Check-ins that one commit takes in at leisure.</summary>
    private const int Sweep = 2000;

    /// <summary>Has check-ins in the log, and no row.</summary>
    private const long Nobody = Segment + 5;

    [Fact]
    public async Task What_comes_while_the_round_is_elsewhere_stays_in_the_log_until_its_row_is_written()
    {
        await using var store = NewStore();
        var (first, third) = await Hosts(store, 3, (2 * Segment) + 3);
        var flusher = new CheckInFlusher(store.Changes, store.Time);
        await Come(store, flusher, (first, 1, Sweep / 2), (Nobody, 1, Sweep / 2), (third, 1, Sweep));

        // Two of three segments.
        await Some(store, flusher);
        (Known(store, first), Known(store, third)).ShouldBe((1, 1));
        Row(store, third).ShouldBe(0);

        await Come(store, flusher, (first, 2, 1));
        // The third one, and with it the round's end.
        await Some(store, flusher);
        (Known(store, first), Known(store, third)).ShouldBe((2, 1));
        (Row(store, first), Row(store, third)).ShouldBe((1, 1));

        await Come(store, flusher, (third, 3, 1));
        await Some(store, flusher);
        (Row(store, first), Row(store, third)).ShouldBe((2, 3));
        store.Scalar<long>("SELECT count(*) FROM checkin_log").ShouldBe(0);
        flusher.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task In_a_commit_too_the_rows_come_first()
    {
        await using var store = NewStore();
        var (first, second) = await Hosts(store, 3, 4);
        await store.Log.Commit(
            Actor.Agent,
            change =>
            {
                change.Session.Execute("CREATE TABLE told (number INTEGER PRIMARY KEY, what TEXT)");
                Kind.AddTrigger(change.Session, "AFTER UPDATE ON server_checkin", Told("written"));
                Kind.AddTrigger(change.Session, "BEFORE DELETE ON checkin_log", Told("left"));
                return true;
            }
        );
        var flusher = new CheckInFlusher(store.Changes, store.Time);
        await Come(store, flusher, (first, 1, 1));
        await Come(store, flusher, (second, 2, 1));

        await Some(store, flusher);

        store.Rows("SELECT what FROM told ORDER BY number").ShouldBe(["written", "written", "left", "left"]);
    }

    private static string Told(string what) =>
        $"INSERT INTO told (number, what) SELECT coalesce(max(number), 0) + 1, '{what}' FROM told";

    /// <summary>What a portal that starts now would find to be the last of a host: its uptime.</summary>
    private static long Known(TestStore store, long server) =>
        store.Database.Read(session =>
            CheckInLog.LastTimes(session).TryGetValue(server, out var waiting) ? waiting.Uptime : Row(store, server)
        );

    private static long Row(TestStore store, long server) =>
        store.Scalar<long>("SELECT uptime FROM server_checkin WHERE server = @server", new { server });

    private static Task Some(TestStore store, CheckInFlusher flusher) =>
        store.Log.Commit(
            Actor.Agent,
            change =>
            {
                flusher.Run(change, 0, 0);
                return true;
            }
        );

    /// <summary>Check-ins of one moment, some as often as is said.</summary>
    private static Task Come(
        TestStore store,
        CheckInFlusher flusher,
        params (long Server, long Uptime, int Times)[] checkIns
    )
    {
        var all = checkIns.SelectMany(one => Enumerable.Repeat((one.Server, one.Uptime), one.Times)).ToList();
        return store.Log.Commit(
            Actor.Agent,
            change =>
            {
                flusher.Open(change.Session);
                flusher.Append(
                    change,
                    [.. all.Select(one => new PendingCheckIn(default, one.Server, one.Uptime, facts: null))],
                    []
                );
                return true;
            }
        );
    }

    /// <summary>Two hosts of these numbers, whose last uptime is 0.</summary>
    private static async Task<(long, long)> Hosts(TestStore store, long one, long other)
    {
        foreach (var local in (long[])[one, other])
        {
            await store.Log.Commit(
                Actor.Agent,
                change =>
                {
                    change.Session.Execute(
                        "INSERT INTO server (local, id, stamp, server_id, key, hostname, ip, registered) VALUES (@local, 'x.' || @local, 0, @local, 'k', 'h', '192.0.2.9', 0)",
                        ("@local", local)
                    );
                    return change.Session.Execute(
                        "INSERT INTO server_checkin (server, at, uptime, stamp, origin) VALUES (@local, 0, 0, 0, @origin)",
                        ("@local", local),
                        ("@origin", change.Node.Origin)
                    );
                }
            );
        }

        return (one, other);
    }
}
