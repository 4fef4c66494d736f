using System.Buffers.Binary;
using EPortal.Data;

namespace EPortal.Servers.CheckIns;

/// <summary>A check-in that is on disk and not yet in its server's row.</summary>
internal readonly record struct LoggedCheckIn(long Server, long At, long Uptime, long Stamp);

/// <summary>
/// The check-ins that wait in the log. Whoever reads times of check-ins reads these too, on the same snapshot; there are few
/// unless the portal is very busy, and none when it is not.
/// </summary>
internal static class LoggedCheckIns
{
    /// <summary>Bytes of one in the log.</summary>
    public const int Size = 16;

    /// <summary>The last of each server.</summary>
    public static Dictionary<long, LoggedCheckIn> Read(Session session)
    {
        var waiting = new Dictionary<long, LoggedCheckIn>();
        Read(session, checkIn => waiting[checkIn.Server] = checkIn);
        return waiting;
    }

    /// <summary>
    /// The servers that checked in at <paramref name="time"/> (Unix microseconds) or later, by the clock or by the stamp, as a JSON
    /// list for a query.
    /// </summary>
    public static string Since(Session session, long time)
    {
        var servers = new HashSet<long>();
        var stamp = HybridClock.At(UnixMicros.ToTime(time));
        Read(session, checkIn =>
        {
            if (checkIn.At >= time || checkIn.Stamp >= stamp)
                servers.Add(checkIn.Server);
        });
        return $"[{string.Join(',', servers)}]";
    }

    /// <summary>All, in order.</summary>
    public static void Read(Session session, Action<LoggedCheckIn> take)
    {
        using var row = session.Query("SELECT stamp, at, entries FROM checkin_log ORDER BY stamp");
        while (row.Read())
        {
            var (stamp, at, entries) = (row.GetInt64(0), row.GetInt64(1), (byte[])row.GetValue(2));
            for (var entry = entries.AsSpan(); entry.Length >= Size; entry = entry[Size..])
                take(new LoggedCheckIn(BinaryPrimitives.ReadInt64LittleEndian(entry), at, BinaryPrimitives.ReadInt64LittleEndian(entry[8..]), stamp));
        }
    }

    /// <summary>Writes one as the log has it.</summary>
    public static void Write(Span<byte> entry, long server, long uptime)
    {
        BinaryPrimitives.WriteInt64LittleEndian(entry, server);
        BinaryPrimitives.WriteInt64LittleEndian(entry[8..], uptime);
    }
}
