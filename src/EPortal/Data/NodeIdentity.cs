using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace EPortal.Data;

/// <summary>
/// Decides when a store is opened whether it may go on under its origin. A database that was restored, copied or put
/// back would give the numbers of its lost operations again, to others, and take back less than peers have of it; so it
/// takes a new origin, and what peers know of the former one comes back as another node's.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="water">Its high-water file.</param>
/// <param name="time">The clock.</param>
internal sealed class NodeIdentity(Database database, HighWater water, TimeProvider time)
{
    private const int MarkBytes = 8;

    /// <summary>Where Linux keeps the id of the machine; containers may have none.</summary>
    private static readonly string[] s_machineIds = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

    /// <summary>Takes a new origin where the old one must not be used.</summary>
    /// <returns>Why; null when the origin stays.</returns>
    /// <exception cref="DbException">It must be written and cannot be.</exception>
    /// <exception cref="IOException">The high-water file cannot be written.</exception>
    public NewOrigin? Settle()
    {
        // The file first: a commit between the two looks must not make the database seem older.
        var level = water.ReadOrNull();
        var stored = database.Read(Stored.Read);
        if (IsSettled(level, stored))
            return null;
        try
        {
            return Write();
        }
        catch (Exception e) when (e is DbException or IOException && ReasonOrNull(level, stored) is null)
        {
            return null; // It only lacks its mark; the next one to open it writes that.
        }
    }

    private NewOrigin? Write()
    {
        using var writer = database.OpenWriter();
        // One process settles at a time, and nobody commits meanwhile.
        writer.Execute(writer.Dialect.BeginWriting);
        var level = water.ReadOrNull();
        var before = Stored.Read(writer);
        if (IsSettled(level, before))
        {
            writer.Execute("ROLLBACK");
            return null;
        }

        var reason = ReasonOrNull(level, before);
        water.Make();
        var node = Node.Read(writer);
        var after = reason is { } why ? Renew(writer, node, why, time.GetUtcNow()) : node;
        writer.Execute("UPDATE node SET mark = @mark", ("@mark", Mark()));
        writer.Execute("COMMIT");
        var mark = water.ReadOrNull()?.FileMark ?? 0;
        water.Write(new HighWaterLevel(after.Origin, after.Sequence, after.Stamp, mark));
        return reason;
    }

    private bool IsSettled(HighWaterLevel? level, Stored stored) =>
        stored.Mark.Length > 0 && level is not null && ReasonOrNull(level, stored) is null;

    private NewOrigin? ReasonOrNull(HighWaterLevel? level, Stored stored)
    {
        if (level?.Origin == HighWater.NoOrigin)
            return NewOrigin.Restored;
        // A store of a version without marks, or a new one.
        if (stored.Mark.Length == 0)
            return level is not null && IsBehind(level, stored) ? NewOrigin.Replaced : null;
        if (level is null)
            return NewOrigin.Cloned;
        // Here it is known: the database and the file beside it must say the same, and both must be where they were.
        return IsBehind(level, stored) ? NewOrigin.Replaced
            : stored.Mark != Mark() ? NewOrigin.Cloned
            : null;
    }

    private static bool IsBehind(HighWaterLevel level, Stored stored) =>
        level.Origin != stored.Origin || level.Sequence > stored.Sequence || level.Stamp > stored.Stamp;

    /// <summary>
    /// Gives the store a new origin. Of the former one it is remembered how far it was known, logins end, and the index
    /// of a patch source goes on above all that anybody may have seen.
    /// </summary>
    /// <param name="writer">The writer's session, in a transaction.</param>
    /// <param name="before">This node as it was.</param>
    /// <param name="reason">Why.</param>
    /// <param name="now">The current time.</param>
    /// <returns>This node as it is from now on.</returns>
    public static Node Renew(Session writer, Node before, NewOrigin reason, DateTimeOffset now)
    {
        var origin = RandomNumberGenerator.GetHexString(12, lowercase: true);
        writer.Execute(
            """
            INSERT INTO former_origin (origin, sequence, hash, until, reason)
            VALUES (@origin, @sequence, @hash, @until, @reason)
            ON CONFLICT (origin) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash, until = excluded.until,
              reason = excluded.reason
            """,
            ("@origin", before.Origin),
            ("@sequence", before.Sequence),
            ("@hash", before.Hash),
            ("@until", UnixMicros.Of(now)),
            ("@reason", reason.ToString().ToLowerInvariant())
        );
        writer.Execute("UPDATE node SET origin = @origin, incarnation = incarnation + 1", ("@origin", origin));
        // Logins that were ended since would be good again.
        writer.Execute("DELETE FROM login_session");
        // Who follows this portal's index has seen later versions, and refuses to go back.
        writer.Execute(
            "UPDATE own_index SET version = @version, content = '' WHERE version < @version",
            ("@version", now.ToUnixTimeSeconds())
        );
        return before with { Origin = origin, Sequence = 0, Hash = "" };
    }

    /// <summary>
    /// Hash of what tells this place from another: the machine, and the high-water file as it lies here.
    /// </summary>
    private string Mark()
    {
        var machine = s_machineIds.Where(File.Exists).Select(File.ReadAllText).FirstOrDefault() ?? "";
        var text = string.Create(CultureInfo.InvariantCulture, $"eportal\n{machine.Trim()}\n{water.InodeOrNull}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, MarkBytes));
    }

    /// <summary>What the database says of itself.</summary>
    private sealed record Stored(string Origin, long Sequence, string Hash, long Stamp, string Mark)
    {
        public static Stored Read(Session session)
        {
            var node = Node.Read(session);
            var mark = (string)session.Scalar("SELECT mark FROM node")!;
            return new Stored(node.Origin, node.Sequence, node.Hash, node.Stamp, mark);
        }
    }
}
