using EPortal.Data;
using EPortal.Feeds;

namespace EPortal.Servers;

/// <summary>A registered host, as lists show it.</summary>
internal sealed record Server
{
    /// <summary>How the store sees it. What it reports at check-ins is kept beside it and not in the log.</summary>
    public static readonly EntityType Entity = new("server", "server_id", "key", "hostname", "ip", "registered", "tags")
    {
        Projection = new Search.SearchProjection(),
    };

    /// <summary>Its tags, as stored or as typed, for those who change them.</summary>
    public static StoredFields TagsOf(string id, string tags) => new(id) { { "tags", "Tags", tags } };

    /// <summary>Name of its key, for those who move it.</summary>
    public static StoredFields KeyOf(string id, string key) => new(id) { { "key", "Key", key } };

    /// <summary>Entity id, the same on every node.</summary>
    public required string Id { get; init; }

    /// <summary>This node's number of it.</summary>
    public required long Local { get; init; }

    /// <summary>Its agent's id: 16 letters and digits.</summary>
    public required string ServerId { get; init; }

    /// <summary>Name of its key.</summary>
    public required string Key { get; init; }

    /// <summary>Id of its key, and what is shown of the key to those who may not see its name.</summary>
    public (string Id, string Label) KeyLabel { get; init; }

    /// <summary>Name of the feed it follows.</summary>
    public required string Feed { get; init; }

    /// <summary>When it registered.</summary>
    public required DateTimeOffset Registered { get; init; }

    /// <summary>When it last checked in.</summary>
    public DateTimeOffset? Checkin { get; init; }

    /// <summary>When its level last changed.</summary>
    public DateTimeOffset? Updated { get; init; }

    /// <summary>Tags as given, <c>;</c> between them.</summary>
    public required string Tags { get; init; }

    /// <summary>Seconds since it booted, at the last check-in.</summary>
    public long? Uptime { get; init; }

    /// <summary>What it reported last.</summary>
    public required ServerFacts Facts { get; init; }

    /// <summary>Whether its level is what its feed offers for its kernel.</summary>
    public required ServerStatus Status { get; init; }

    /// <summary>Whether it has not checked in for 48 hours.</summary>
    public required bool Inactive { get; init; }

    /// <summary>What names its key in addresses of pages, and what is shown of it.</summary>
    public (string Handle, string Text) KeyFor(bool admin) => admin ? (Key, Key) : KeyLabel;
}

/// <summary>The status of a server on its feed.</summary>
internal enum ServerStatus
{
    /// <summary>Runs the level that its feed offers.</summary>
    UpToDate,

    /// <summary>Runs another level than its feed offers.</summary>
    Outdated,

    /// <summary>Its feed offers nothing for its kernel, or its key does not allow kernel patches.</summary>
    Unsupported,
}

/// <summary>Names of the states.</summary>
internal static class ServerStatuses
{
    /// <summary>After this long without a check-in a server is inactive.</summary>
    public static readonly TimeSpan InactiveAfter = TimeSpan.FromHours(48);

    /// <summary>
    /// The status of a server that runs a level; the offer is null when its feed offers nothing to it.
    /// </summary>
    public static ServerStatus Of(Offer? offer, long level) =>
        offer is null ? ServerStatus.Unsupported
        : offer.Level == level ? ServerStatus.UpToDate
        : ServerStatus.Outdated;

    /// <summary>The name in API and command line.</summary>
    public static string Token(this ServerStatus status) =>
        status switch
        {
            ServerStatus.UpToDate => "uptodate",
            ServerStatus.Outdated => "outofdate",
            _ => "unsupported",
        };
}

/// <summary>What a host reports about itself. Texts are bounded and free of control characters.</summary>
internal sealed record ServerFacts
{
    /// <summary>Nothing known yet.</summary>
    public static readonly ServerFacts None = new();

    /// <summary>Address the check-in came from.</summary>
    public string Ip { get; init; } = "";

    /// <summary>Host name.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>SHA-1 of its <c>/proc/version</c>, lower-case hex.</summary>
    public string KernelId { get; init; } = "";

    /// <summary>Installed kernel.</summary>
    public string Release { get; init; } = "";

    /// <summary>Effective kernel.</summary>
    public string Euname { get; init; } = "";

    /// <summary>Level applied; 0 for none.</summary>
    public long PatchLevel { get; init; }

    /// <summary>Kind of patches it takes.</summary>
    public string PatchType { get; init; } = "";

    /// <summary>Kernel build.</summary>
    public string Version { get; init; } = "";

    /// <summary>Kind of virtualisation.</summary>
    public string Virt { get; init; } = "";

    /// <summary>Version of its agent.</summary>
    public string KcareVersion { get; init; } = "";

    /// <summary>Distribution.</summary>
    public string Distro { get; init; } = "";

    /// <summary>Version of the distribution.</summary>
    public string DistroVersion { get; init; } = "";

    /// <summary>Machine, as <c>uname -m</c>.</summary>
    public string Machine { get; init; } = "";

    /// <summary>Processor, as <c>uname -p</c>.</summary>
    public string Processor { get; init; } = "";

    /// <summary>Patchset it is pinned to, if any.</summary>
    public string StickyPatchset { get; init; } = "";

    /// <summary>Least age in seconds that a patchset must have for it.</summary>
    public long UpdateDelay { get; init; }

    /// <summary>How its last update went.</summary>
    public string UpdateResult { get; init; } = "";

    /// <summary>Name of the feed it followed.</summary>
    public string Feed { get; init; } = "";

    /// <summary>
    /// What else it said that could not be kept, and why; empty for nothing. (With a setter: the generated reader would
    /// put null into it where an older log has none.)
    /// </summary>
    public string Dropped { get; set; } = "";
}

/// <summary>A change seen at a check-in.</summary>
internal sealed record ServerEvent(DateTimeOffset At, string What, string Was, string Became);
