using System.Text;
using System.Text.Json;
using EPortal.Servers.CheckIns;

namespace EPortal.Agents;

/// <summary>
/// A quick scan of a check-in without parsing it: the server, and a digest of everything except the uptime. A check-in
/// with the digest of an accepted one says the same and needs no further check.
/// </summary>
internal readonly ref struct CheckInScan
{
    /// <summary>Longest check-in that is scanned, in bytes.</summary>
    public const int MaxLength = 4096;

    private const int MaxText = 64;

    /// <summary>Id of the server, as sent.</summary>
    public ReadOnlySpan<byte> ServerId { get; private init; }

    /// <summary>Kernel id, as sent.</summary>
    public ReadOnlySpan<byte> KernelId { get; private init; }

    /// <summary>Seconds since the host booted.</summary>
    public long Uptime { get; private init; }

    /// <summary>Whether the host wants something else than its feed offers.</summary>
    public bool IsRestricted { get; private init; }

    /// <summary>Digest of all but the uptime, and where it came from; not 0.</summary>
    public long Digest { get; private init; }

    /// <summary>Scans a check-in from an address; false for one that is too long or unusual.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, string address, out CheckInScan scan)
    {
        scan = default;
        if (json.Length > MaxLength || address.Length > MaxText)
            return false;
        try
        {
            return TryScan(json, address, out scan);
        }
        catch (JsonException)
        {
            return false; // The ordinary path reports the error.
        }
    }

    private static bool TryScan(ReadOnlySpan<byte> json, string address, out CheckInScan scan)
    {
        scan = default;
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return false;
        ReadOnlySpan<byte> server = default,
            kernel = default;
        var (uptime, begin, end, restricted) = (0L, -1, -1, false);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (name.SequenceEqual("server_id"u8))
                server = reader.ValueSpan;
            else if (name.SequenceEqual("kernel_id"u8))
                kernel = reader.ValueSpan;
            else if (
                name.SequenceEqual("uptime"u8)
                && begin < 0
                && reader.TokenType == JsonTokenType.Number
                && reader.TryGetInt64(out uptime)
            )
                (begin, end) = ((int)reader.TokenStartIndex, (int)reader.BytesConsumed);
            else if (name.SequenceEqual("sticky_patchset"u8) || name.SequenceEqual("update_delay"u8))
                restricted |= reader.TokenType != JsonTokenType.Null;
            reader.Skip();
        }

        // Nothing may follow.
        if (reader.TokenType != JsonTokenType.EndObject || reader.Read() || begin < 0)
            return false;
        scan = new CheckInScan
        {
            ServerId = server,
            KernelId = kernel,
            Uptime = uptime,
            IsRestricted = restricted,
            Digest = DigestOf(json, begin, end, address),
        };
        return true;
    }

    private static long DigestOf(ReadOnlySpan<byte> json, int begin, int end, string address)
    {
        Span<byte> all = stackalloc byte[MaxLength + (3 * MaxText) + 1];
        json[..begin].CopyTo(all);
        json[end..].CopyTo(all[begin..]);
        var length = begin + json.Length - end;
        all[length++] = 0; // JSON never contains it, so no field can pass for an address.
        length += Encoding.UTF8.GetBytes(address, all[length..]);
        return FactsDigest.Of(all[..length]);
    }
}
