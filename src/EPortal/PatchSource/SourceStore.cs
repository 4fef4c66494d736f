using System.Data.Common;
using Dapper;
using EPortal.Data;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>How the last sync went.</summary>
/// <param name="At">When it ended.</param>
/// <param name="SucceededAt">When one last succeeded.</param>
/// <param name="Error">Code of the failure; null when it succeeded.</param>
/// <param name="Message">One sentence.</param>
internal sealed record SyncState(DateTimeOffset At, DateTimeOffset? SucceededAt, string? Error, string Message);

/// <summary>What this node remembers of its patch source. Helpers of transactions.</summary>
internal static class SourceStore
{
    /// <summary>The index that was accepted last.</summary>
    public static AcceptedIndex? SeenOrNull(Session session) =>
        session.Connection.QuerySingleOrDefault<AcceptedIndex>(
            "SELECT url, version, sha256, signed_by FROM source_index"
        );

    /// <summary>That index as it came, with its signature.</summary>
    public static (byte[] Json, string Signature)? ContentOrNull(Session session)
    {
        using DbDataReader reader = session.Query("SELECT json, signature FROM source_index");
        return reader.Read() ? ((byte[])reader[0], reader.GetString(1)) : null;
    }

    /// <summary>Version and expiry of that index.</summary>
    public static (long Version, DateTimeOffset Expires)? ExpiryOrNull(Session session)
    {
        using var reader = session.Query("SELECT version, expires FROM source_index");
        return reader.Read() ? (reader.GetInt64(0), UnixMicros.ToTime(reader.GetInt64(1))) : null;
    }

    /// <summary>Remembers an index and lists what it lists.</summary>
    public static void Remember(Session session, string url, TrustedIndex index)
    {
        session.Execute(
            """
            INSERT INTO source_index (one, url, version, sha256, signed_by, expires, json, signature)
            VALUES (1, @url, @version, @sha256, @signed, @expires, @json, @signature)
            ON CONFLICT (one) DO UPDATE SET url = excluded.url, version = excluded.version, sha256 = excluded.sha256, signed_by = excluded.signed_by,
              expires = excluded.expires, json = excluded.json, signature = excluded.signature
            """,
            ("@url", url),
            ("@version", index.Index.Version),
            ("@sha256", index.Sha256),
            ("@signed", index.SignedBy),
            ("@expires", UnixMicros.Of(index.Index.Expires)),
            ("@json", index.Json),
            ("@signature", index.Signature)
        );
        Listing.Replace(session, index.Index.Patchsets);
    }

    /// <summary>How the last sync went; null before the first.</summary>
    public static SyncState? StateOrNull(Session session) =>
        session.Connection.QuerySingleOrDefault<StateRow>("SELECT at, succeeded_at, error, message FROM source_sync")
            is { } row
            ? new SyncState(
                UnixMicros.ToTime(row.At),
                row.SucceededAt is { } at ? UnixMicros.ToTime(at) : null,
                row.Error,
                row.Message
            )
            : null;

    /// <summary>Notes how a sync went.</summary>
    public static void Note(Change change, string? error, string message) =>
        change.Session.Execute(
            """
            INSERT INTO source_sync (one, at, succeeded_at, error, message)
            VALUES (1, @at, CASE WHEN @error IS NULL THEN @at END, @error, @message)
            ON CONFLICT (one) DO UPDATE SET at = @at, succeeded_at = CASE WHEN @error IS NULL THEN @at ELSE succeeded_at END,
              error = @error, message = @message
            """,
            ("@at", UnixMicros.Of(change.Now)),
            ("@error", error),
            ("@message", message)
        );

    private sealed record StateRow(long At, long? SucceededAt, string? Error, string Message);
}
