using System.Buffers.Binary;
using System.Text.Json;
using EPortal.Data;

namespace EPortal.Servers.CheckIns;

/// <summary>
/// What hosts said that is new, when many say something at once: it is on disk and acknowledged, and comes into the servers'
/// rows, counts and histories in the order it came. While a storm lasts most of the time goes to those who call, and lists are
/// behind; they catch up afterwards. For the writer's thread alone.
/// </summary>
internal sealed class FactsLog(HostChangeLimiter limit, TimeProvider time)
{
    /// <summary>So many may wait before as many are taken in as come: about every host of a large fleet once.</summary>
    public const long Most = 1_000_000;

    /// <summary>Hosts in one row, which is taken in by one commit.</summary>
    private const int PerRow = 64;

    /// <summary>Before each JSON: its length, and the uptime before.</summary>
    private const int HeadSize = sizeof(int) + sizeof(long);

    private const int RowsWhenIdle = 4;

    /// <summary>Of the writer's time in a storm, one part in so many.</summary>
    private const int Share = 16;

    private readonly TimeShare _share = new(Share, time);
    private long _count;
    private bool _open;

    /// <summary>Whether nothing waits, as far as is known.</summary>
    public bool IsEmpty => _open && Count == 0;

    /// <summary>Hosts whose words wait. Any thread may ask.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>The servers whose words wait, as a reader sees it.</summary>
    public static HashSet<long> Servers(Session session)
    {
        var servers = new HashSet<long>();
        using var row = session.Query("SELECT servers FROM facts_log");
        while (row.Read())
        {
            for (var rest = ((byte[])row.GetValue(0)).AsSpan(); rest.Length >= sizeof(long); rest = rest[sizeof(long)..])
                servers.Add(BinaryPrimitives.ReadInt64LittleEndian(rest));
        }

        return servers;
    }

    /// <summary>Counts what waits, if that is not known.</summary>
    public void Open(Session session)
    {
        if (_open)
            return;
        _count = (long)session.Scalar("SELECT coalesce(sum(length(servers)), 0) / 8 FROM facts_log")!;
        _open = true;
    }

    /// <summary>Forgets what waits: what was done last may not have been kept.</summary>
    public void Close() => (_open, _count) = (false, 0);

    /// <summary>Writes to the log what these say.</summary>
    public void Append(Change change, List<PendingCheckIn> items)
    {
        for (var first = 0; first < items.Count; first += PerRow)
            AppendRow(change, items.GetRange(first, Math.Min(PerRow, items.Count - first)));
        _count += items.Count;
    }

    /// <summary>Takes some in.</summary>
    /// <param name="change">The commit.</param>
    /// <param name="came">How many have come into the log with it.</param>
    /// <param name="pressed">Whether many wait for the commit.</param>
    public void Some(Change change, int came, bool pressed)
    {
        if (_count == 0)
            return;
        if (!pressed)
            TakeRows(change, RowsWhenIdle);
        else if (_count > Most)
            TakeRows(change, (came / PerRow) + 1);
        else
            _share.Run(() => TakeRows(change, 1));
    }

    private static void AppendRow(Change change, List<PendingCheckIn> items)
    {
        var servers = new byte[items.Count * sizeof(long)];
        using var told = new MemoryStream();
        Span<byte> head = stackalloc byte[HeadSize];
        for (var n = 0; n < items.Count; n++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(servers.AsSpan(n * sizeof(long)), items[n].Local);
            var said = items[n].Said!;
            BinaryPrimitives.WriteInt32LittleEndian(head, said.Json.Length);
            BinaryPrimitives.WriteInt64LittleEndian(head[sizeof(int)..], said.Was);
            told.Write(head);
            told.Write(said.Json);
        }

        change.Session.Execute(
            "INSERT INTO facts_log (stamp, at, servers, told) VALUES (@stamp, @at, @servers, @told)",
            ("@stamp", change.NextStamp()), ("@at", UnixMicros.Of(change.Now)), ("@servers", servers), ("@told", told.ToArray()));
    }

    private void TakeRows(Change change, int rows)
    {
        for (var n = 0; n < rows && _count > 0; n++)
            TakeRow(change);
    }

    private void TakeRow(Change change)
    {
        byte[] servers, told;
        long stamp, at;
        using (var row = change.Session.Query("SELECT stamp, at, servers, told FROM facts_log ORDER BY stamp LIMIT 1"))
        {
            if (!row.Read())
            {
                _count = 0; // Another process took it in.
                return;
            }

            (stamp, at, servers, told) = (row.GetInt64(0), row.GetInt64(1), (byte[])row.GetValue(2), (byte[])row.GetValue(3));
        }

        var rest = told.AsSpan();
        for (var n = 0; n < servers.Length; n += sizeof(long))
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            var said = JsonSerializer.Deserialize(rest.Slice(HeadSize, length), PendingFactsJson.Default.PendingFacts)!;
            said.Was = BinaryPrimitives.ReadInt64LittleEndian(rest[sizeof(int)..]);
            rest = rest[(HeadSize + length)..];
            ServerRecords.Take(change, limit, BinaryPrimitives.ReadInt64LittleEndian(servers.AsSpan(n)), said, at);
        }

        change.Session.Execute("DELETE FROM facts_log WHERE stamp = @stamp", ("@stamp", stamp));
        _count -= servers.Length / sizeof(long);
    }
}
