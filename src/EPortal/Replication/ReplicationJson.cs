using System.Text.Json;

namespace EPortal.Replication;

/// <summary>The state of replication as JSON, for <c>replication --short-status</c> and the API.</summary>
internal static class ReplicationJson
{
    /// <summary>The name of a state.</summary>
    public static string Token(LinkState state) =>
        state switch
        {
            LinkState.InSync => "in-sync",
            LinkState.CatchingUp => "catching-up",
            LinkState.Differing => "differing",
            LinkState.Failed => "failed",
            _ => "new",
        };

    /// <summary>
    /// Writes it: <c>ok</c>, the longest <c>lag</c> in seconds, the oldest <c>last_sync</c>, and each node by its
    /// address.
    /// </summary>
    public static void Write(
        Utf8JsonWriter json,
        ReplicationStatus status,
        IReadOnlyList<LinkStatus> links,
        IReadOnlyList<NameConflict> conflicts
    )
    {
        json.WriteStartObject();
        json.WriteBoolean("ok", links.Count > 0 && links.All(link => link.IsOk));
        WriteNumber(
            json,
            "lag",
            links.Count > 0 && links.All(link => link.Lag is not null) ? links.Max(link => link.Lag) : null
        );
        WriteTime(
            json,
            "last_sync",
            links.Count > 0 && links.All(link => link.Peer.Synced is not null)
                ? links.Min(link => link.Peer.Synced)
                : null
        );
        json.WriteBoolean("standby", status.IsStandby);
        json.WriteNumber("conflicts", conflicts.Count);
        json.WriteStartObject("upstream");
        foreach (var link in links)
            WriteLink(json, link);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteLink(Utf8JsonWriter json, LinkStatus link)
    {
        json.WriteStartObject(link.Peer.Url);
        json.WriteBoolean("ok", link.IsOk);
        json.WriteString("state", Token(link.State));
        json.WriteString("node", link.Peer.Origin);
        WriteNumber(json, "lag", link.Lag);
        json.WriteNumber("behind", link.Behind);
        WriteTime(json, "last_sync", link.Peer.Synced);
        WriteTime(json, "last_contact", link.Peer.Contact);
        WriteTime(json, "last_full_sync", link.Peer.Merged);
        json.WriteNumber("skew", Math.Round(link.Peer.Skew.TotalSeconds, 3));
        json.WriteStartArray("differing");
        foreach (var entity in link.Peer.Differing)
            json.WriteStringValue(entity);
        json.WriteEndArray();
        json.WriteString("error", link.Peer.Error);
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, TimeSpan? time)
    {
        if (time is { } span)
            json.WriteNumber(name, Math.Max(0, (long)span.TotalSeconds));
        else
            json.WriteNull(name);
    }

    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } at)
            json.WriteString(name, at.UtcDateTime);
        else
            json.WriteNull(name);
    }
}
