using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using EPortal.Data;

namespace EPortal.Replication;

/// <summary>
/// A hash of all rows of each kind of entity: of two nodes that have received the same operations they are the same, or
/// one of them has a fault. The hashes of the rows are combined by XOR, so their order does not matter.
/// </summary>
/// <param name="database">The store.</param>
/// <param name="reader">Reads its state.</param>
/// <param name="time">The clock.</param>
internal sealed class StateDigest(Database database, StateReader reader, TimeProvider time)
{
    private const int Page = 2000;

    /// <summary>Reckoning takes one part in so many of the time.</summary>
    private const int Share = 20;

    private readonly Lock _gate = new();
    private IReadOnlyDictionary<string, string>? _last;
    private string _ofVector = "";
    private long _next = long.MinValue;

    /// <summary>
    /// The hashes, where they are known for this vector or may be reckoned now; else null. The user log is left out:
    /// each node deletes old lines for itself.
    /// </summary>
    public IReadOnlyDictionary<string, string>? TryGet(IReadOnlyDictionary<string, long> vector)
    {
        var wanted = Text(vector);
        lock (_gate)
        {
            if (_ofVector == wanted)
                return _last;
            if (time.GetTimestamp() < _next)
                return null;
            var begun = time.GetTimestamp();
            var (digests, of) = database.Read(session => (Read(session), Text(VersionVector.All(session))));
            (_last, _ofVector) = (digests, of);
            var pause = TimeSpan.FromTicks(
                Math.Max(TimeSpan.TicksPerSecond / 4, time.GetElapsedTime(begun).Ticks * Share)
            );
            _next = time.GetTimestamp() + (long)(pause.TotalSeconds * time.TimestampFrequency);
            return of == wanted ? digests : null;
        }
    }

    /// <summary>The hashes on one snapshot.</summary>
    public IReadOnlyDictionary<string, string> Read(Session session)
    {
        var digests = reader
            .Types.Where(type => type != UserLog.Entity)
            .ToDictionary(type => type.Name, type => Of(session, type), StringComparer.Ordinal);
        digests["hold"] = OfHolds(session);
        return digests;
    }

    private static string Of(Session session, EntityType type)
    {
        var sum = new byte[SHA256.HashSizeInBytes];
        var after = "";
        while (StateReader.Rows(session, type, after, Page) is { Count: > 0 } rows)
        {
            foreach (var row in rows)
                Add(sum, $"{row.Id}\n{row.Stamp}\n{row.Stamps}\n{Text(row.Fields)}");
            after = rows[^1].Id;
        }

        return Convert.ToHexStringLower(sum);
    }

    private static string OfHolds(Session session)
    {
        var sum = new byte[SHA256.HashSizeInBytes];
        var after = "";
        while (StateReader.Holds(session, after, Page) is { Count: > 0 } holds)
        {
            foreach (var hold in holds)
                Add(sum, $"{hold.Id}\n{hold.Entity}\n{hold.Subject}");
            after = holds[^1].Id;
        }

        return Convert.ToHexStringLower(sum);
    }

    private static void Add(byte[] sum, string row)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(row));
        for (var n = 0; n < sum.Length; n += sizeof(long))
            BinaryPrimitives.WriteInt64LittleEndian(
                sum.AsSpan(n),
                BinaryPrimitives.ReadInt64LittleEndian(sum.AsSpan(n))
                    ^ BinaryPrimitives.ReadInt64LittleEndian(hash.AsSpan(n))
            );
    }

    private static string Text(Fields fields) =>
        string.Join('\n', fields.OrderBy(field => field.Key, StringComparer.Ordinal).Select(f => $"{f.Key}={f.Value}"));

    private static string Text(IReadOnlyDictionary<string, long> vector) =>
        string.Join(
            ' ',
            vector.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key}:{one.Value}")
        );
}
