using System.Text.Json;
using Dapper;
using EPortal.Data;

namespace EPortal.Replication;

/// <summary>A node that this one exchanges changes with, and how far it got.</summary>
internal sealed record Peer
{
    /// <summary>Where it is reached.</summary>
    public required string Url { get; init; }

    /// <summary>Its origin; empty before the first contact.</summary>
    public string Origin { get; init; } = "";

    /// <summary>Whether it made itself known, else it is the leader of the settings.</summary>
    public bool IsAnnounced { get; init; }

    /// <summary>Its version vector when it answered last.</summary>
    public IReadOnlyDictionary<string, long> Vector { get; init; } = new Dictionary<string, long>();

    /// <summary>Its stamp up to which its check-ins are here.</summary>
    public long Cursor { get; init; }

    /// <summary>Its last answer.</summary>
    public DateTimeOffset? Contact { get; init; }

    /// <summary>When all that it had was here last.</summary>
    public DateTimeOffset? Synced { get; init; }

    /// <summary>Its clock less this one's.</summary>
    public TimeSpan Skew { get; init; }

    /// <summary>The last full merge with it.</summary>
    public DateTimeOffset? Merged { get; init; }

    /// <summary>Kinds of entities that differed when both had the same changes.</summary>
    public IReadOnlyList<string> Differing { get; init; } = [];

    /// <summary>Why the last exchange failed; null when it did not.</summary>
    public string? Error { get; init; }
}

/// <summary>The table of peers. It is this node's own.</summary>
internal static class PeerStore
{
    private const string Columns =
        "SELECT url, origin, announced, vector, cursor, contact, synced, skew, merged, digests, error FROM peer";

    /// <summary>All of them, by address.</summary>
    public static IReadOnlyList<Peer> List(Session session) =>
        [.. session.Connection.Query<Row>($"{Columns} ORDER BY url").Select(row => row.ToPeer())];

    /// <summary>The peer at an address.</summary>
    public static Peer? FindOrNull(Session session, string url) =>
        session.Connection.QueryFirstOrDefault<Row>($"{Columns} WHERE url = @url", new { url })?.ToPeer();

    /// <summary>Notes that there is one.</summary>
    public static void Add(Session session, string url, bool isAnnounced) =>
        session.Execute(
            "INSERT INTO peer (url, announced) VALUES (@url, @announced) ON CONFLICT (url) DO NOTHING",
            ("@url", url),
            ("@announced", isAnnounced ? 1 : 0)
        );

    /// <summary>Writes how far this node got with it; nothing when it was forgotten meanwhile.</summary>
    public static void Write(Session session, Peer peer) =>
        session.Execute(
            """
            UPDATE peer SET origin = @origin, vector = @vector, cursor = @cursor, contact = @contact, synced = @synced,
              skew = @skew, merged = @merged, digests = @digests, error = @error WHERE url = @url
            """,
            ("@origin", peer.Origin),
            (
                "@vector",
                JsonSerializer.Serialize(
                    new Dictionary<string, long>(peer.Vector),
                    PeerJson.Default.DictionaryStringInt64
                )
            ),
            ("@cursor", peer.Cursor),
            ("@contact", Micros(peer.Contact)),
            ("@synced", Micros(peer.Synced)),
            ("@skew", (long)peer.Skew.TotalMilliseconds),
            ("@merged", Micros(peer.Merged)),
            ("@digests", string.Join(' ', peer.Differing)),
            ("@error", peer.Error),
            ("@url", peer.Url)
        );

    /// <summary>Forgets one that is gone for good; false where there is none at that address.</summary>
    public static bool Delete(Session session, string url) =>
        session.Execute("DELETE FROM peer WHERE url = @url", ("@url", url)) > 0;

    private static long? Micros(DateTimeOffset? time) => time is { } at ? UnixMicros.Of(at) : null;

    private sealed record Row
    {
        public string Url { get; init; } = "";
        public string Origin { get; init; } = "";
        public long Announced { get; init; }
        public string Vector { get; init; } = "";
        public long Cursor { get; init; }
        public long? Contact { get; init; }
        public long? Synced { get; init; }
        public long Skew { get; init; }
        public long? Merged { get; init; }
        public string Digests { get; init; } = "";
        public string? Error { get; init; }

        public Peer ToPeer() =>
            new()
            {
                Url = Url,
                Origin = Origin,
                IsAnnounced = Announced != 0,
                Vector = JsonSerializer.Deserialize(Vector, PeerJson.Default.DictionaryStringInt64)!,
                Cursor = Cursor,
                Contact = Time(Contact),
                Synced = Time(Synced),
                Skew = TimeSpan.FromMilliseconds(Skew),
                Merged = Time(Merged),
                Differing = Digests.Split(' ', StringSplitOptions.RemoveEmptyEntries),
                Error = Error,
            };

        private static DateTimeOffset? Time(long? micros) => micros is { } at ? UnixMicros.ToTime(at) : null;
    }
}
