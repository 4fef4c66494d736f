using System.Buffers.Binary;
using System.Text.Json;
using EPortal.Data;

namespace EPortal.Servers.CheckIns;

/// <summary>A check-in that is on disk and not yet in its server's row.</summary>
internal readonly record struct LoggedCheckIn(long Server, long At, long Uptime, long Stamp);

/// <summary>
/// The log of check-ins, <c>checkin_log</c>: what is on disk and not yet in the servers' rows. A row holds either the
/// times of many check-ins or what some hosts said that is new. Whoever reads times of check-ins reads these too, on
/// the same snapshot; there are few unless the portal is very busy, and none when it is not.
/// </summary>
internal static class CheckInLog
{
    /// <summary>Bytes of one time: number of the server and uptime.</summary>
    public const int TimeSize = 2 * sizeof(long);

    /// <summary>Hosts in a row of facts, which is moved by one commit.</summary>
    public const int FactsPerRow = 64;

    /// <summary>Before the JSON of each host's facts: its length, and the uptime before.</summary>
    private const int HeadSize = sizeof(int) + sizeof(long);

    /// <summary>The last time of each server.</summary>
    public static Dictionary<long, LoggedCheckIn> LastTimes(Session session)
    {
        var last = new Dictionary<long, LoggedCheckIn>();
        ReadTimes(session, checkIn => last[checkIn.Server] = checkIn);
        return last;
    }

    /// <summary>
    /// The servers that checked in at <paramref name="time"/> (Unix microseconds) or later, by the clock or by the
    /// stamp, as a JSON list for a query.
    /// </summary>
    public static string Since(Session session, long time)
    {
        var servers = new HashSet<long>();
        var stamp = HybridClock.At(UnixMicros.ToTime(time));
        ReadTimes(
            session,
            checkIn =>
            {
                if (checkIn.At >= time || checkIn.Stamp >= stamp)
                    servers.Add(checkIn.Server);
            }
        );
        return $"[{string.Join(',', servers)}]";
    }

    /// <summary>All times, in order.</summary>
    public static void ReadTimes(Session session, Action<LoggedCheckIn> take)
    {
        using var row = session.Query("SELECT stamp, at, entries FROM checkin_log ORDER BY stamp");
        while (row.Read())
        {
            var (stamp, at, times) = (row.GetInt64(0), row.GetInt64(1), (byte[])row.GetValue(2));
            for (var rest = times.AsSpan(); rest.Length >= TimeSize; rest = rest[TimeSize..])
                take(
                    new LoggedCheckIn(
                        BinaryPrimitives.ReadInt64LittleEndian(rest),
                        at,
                        BinaryPrimitives.ReadInt64LittleEndian(rest[sizeof(long)..]),
                        stamp
                    )
                );
        }
    }

    /// <summary>Writes the times of check-ins, as one row.</summary>
    /// <param name="change">The commit.</param>
    /// <param name="checkIns">The check-ins.</param>
    /// <param name="each">Is told each as it was written.</param>
    public static void AppendTimes(Change change, IReadOnlyList<PendingCheckIn> checkIns, Action<LoggedCheckIn> each)
    {
        if (checkIns.Count == 0)
            return;
        var (at, stamp) = (UnixMicros.Of(change.Now), change.NextStamp());
        var times = new byte[checkIns.Count * TimeSize];
        for (var n = 0; n < checkIns.Count; n++)
        {
            WriteTime(times.AsSpan(n * TimeSize), checkIns[n].Local, checkIns[n].Uptime);
            each(new LoggedCheckIn(checkIns[n].Local, at, checkIns[n].Uptime, stamp));
        }

        change.Session.Execute(
            "INSERT INTO checkin_log (stamp, at, entries) VALUES (@stamp, @at, @entries)",
            ("@stamp", stamp),
            ("@at", at),
            ("@entries", times)
        );
    }

    /// <summary>Writes one time.</summary>
    public static void WriteTime(Span<byte> to, long server, long uptime)
    {
        BinaryPrimitives.WriteInt64LittleEndian(to, server);
        BinaryPrimitives.WriteInt64LittleEndian(to[sizeof(long)..], uptime);
    }

    /// <summary>Deletes the times up to a stamp.</summary>
    public static void DeleteTimes(Change change, long upTo) =>
        change.Session.Execute("DELETE FROM checkin_log WHERE stamp <= @upTo AND servers IS NULL", ("@upTo", upTo));

    /// <summary>How many hosts' facts are in it; a host counts as often as it said something new.</summary>
    public static long CountFacts(Session session) =>
        (long)
            session.Scalar("SELECT coalesce(sum(length(servers)), 0) / 8 FROM checkin_log WHERE servers IS NOT NULL")!;

    /// <summary>The servers whose facts are in it.</summary>
    public static HashSet<long> ServersWithFacts(Session session)
    {
        var servers = new HashSet<long>();
        using var row = session.Query("SELECT servers FROM checkin_log WHERE servers IS NOT NULL");
        while (row.Read())
        {
            for (
                var rest = ((byte[])row.GetValue(0)).AsSpan();
                rest.Length >= sizeof(long);
                rest = rest[sizeof(long)..]
            )
                servers.Add(BinaryPrimitives.ReadInt64LittleEndian(rest));
        }

        return servers;
    }

    /// <summary>Writes what hosts said that is new.</summary>
    public static void AppendFacts(Change change, IReadOnlyList<PendingCheckIn> checkIns)
    {
        Span<byte> head = stackalloc byte[HeadSize];
        foreach (var some in checkIns.Chunk(FactsPerRow))
        {
            var servers = new byte[some.Length * sizeof(long)];
            using var told = new MemoryStream();
            for (var n = 0; n < some.Length; n++)
            {
                var facts = some[n].Facts!;
                BinaryPrimitives.WriteInt64LittleEndian(servers.AsSpan(n * sizeof(long)), some[n].Local);
                BinaryPrimitives.WriteInt32LittleEndian(head, facts.Json.Length);
                BinaryPrimitives.WriteInt64LittleEndian(head[sizeof(int)..], facts.Was);
                told.Write(head);
                told.Write(facts.Json);
            }

            change.Session.Execute(
                "INSERT INTO checkin_log (stamp, at, entries, servers, told) VALUES (@stamp, @at, @entries, @servers, @told)",
                ("@stamp", change.NextStamp()),
                ("@at", UnixMicros.Of(change.Now)),
                ("@entries", Array.Empty<byte>()),
                ("@servers", servers),
                ("@told", told.ToArray())
            );
        }
    }

    /// <summary>The first row of facts behind a stamp; null when there is none.</summary>
    public static FactsRow? ReadFactsOrNull(Session session, long after)
    {
        using var row = session.Query(
            "SELECT stamp, at, servers, told FROM checkin_log WHERE stamp > @after AND servers IS NOT NULL ORDER BY stamp LIMIT 1",
            ("@after", after)
        );
        return row.Read()
            ? new FactsRow(row.GetInt64(0), row.GetInt64(1), Parse((byte[])row.GetValue(2), (byte[])row.GetValue(3)))
            : null;
    }

    /// <summary>Deletes a row of facts.</summary>
    public static void DeleteFacts(Change change, long stamp) =>
        change.Session.Execute("DELETE FROM checkin_log WHERE stamp = @stamp", ("@stamp", stamp));

    private static List<(long, PendingFacts)> Parse(byte[] servers, byte[] told)
    {
        var all = new List<(long, PendingFacts)>(servers.Length / sizeof(long));
        var rest = told.AsSpan();
        for (var n = 0; n < servers.Length; n += sizeof(long))
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            var facts = JsonSerializer.Deserialize(
                rest.Slice(HeadSize, length),
                PendingFactsJson.Default.PendingFacts
            )!;
            facts.Was = BinaryPrimitives.ReadInt64LittleEndian(rest[sizeof(int)..]);
            rest = rest[(HeadSize + length)..];
            all.Add((BinaryPrimitives.ReadInt64LittleEndian(servers.AsSpan(n)), facts));
        }

        return all;
    }
}

/// <summary>What some hosts said at one moment.</summary>
/// <param name="Stamp">The row of the log.</param>
/// <param name="At">When, in Unix microseconds.</param>
/// <param name="Hosts">This node's number of each host, and what it said.</param>
internal sealed record FactsRow(long Stamp, long At, IReadOnlyList<(long Server, PendingFacts Facts)> Hosts);
