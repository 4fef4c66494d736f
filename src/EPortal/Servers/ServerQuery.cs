using System.Text.Json;
using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;

namespace EPortal.Servers;

/// <summary>
/// Which servers to list. <c>%</c> in a host name or address stands for any text; no other character is special.
/// </summary>
internal sealed record ServerQuery
{
    /// <summary>Most rows of one answer.</summary>
    public const int MaxLimit = 10_000;

    /// <summary>Host name, or a pattern of it.</summary>
    public string? Hostname { get; init; }

    /// <summary>Address, or a pattern of it.</summary>
    public string? Ip { get; init; }

    /// <summary>Name of the key.</summary>
    public string? Key { get; init; }

    /// <summary>Name of the feed.</summary>
    public string? Feed { get; init; }

    /// <summary>Server id.</summary>
    public string? ServerId { get; init; }

    /// <summary>A tag as it was given, such as <c>env:test</c>.</summary>
    public string? Tag { get; init; }

    /// <summary>Whether they run the level that their feed offers, or one that is not; null for all.</summary>
    public bool? IsUpdated { get; init; }

    /// <summary>When they registered.</summary>
    public Period? Registered { get; init; }

    /// <summary>When they last checked in.</summary>
    public Period? Checkin { get; init; }

    /// <summary>When their level last changed.</summary>
    public Period? Updated { get; init; }

    /// <summary>Rows at the most.</summary>
    public int Limit { get; init; } = 1000;

    /// <summary>Rows to pass over.</summary>
    public int Offset { get; init; }

    /// <summary>Runs it.</summary>
    /// <exception cref="RefusedException">The limit or offset is out of range.</exception>
    public IReadOnlyList<Server> Run(Session session, Offers offers, DateTimeOffset now)
    {
        if (Limit is < 1 or > MaxLimit || Offset < 0)
            throw new RefusedException(Refusal.Invalid, $"The limit must be 1 to {MaxLimit}, the offset 0 or more.");
        var table = offers.At(session);
        var page = new ServerSelection(session, this, table, now).Page(Limit, Offset);
        var rows = session.Connection.Query<Row>(
            """
            SELECT s.id, s.local, s.server_id, k.name AS key, coalesce(f.name, 'main') AS feed, coalesce(f.id, @main) AS feed_id,
              k.products, s.registered, c.at AS checkin, c.stamp AS checkin_stamp, x.updated, s.tags, c.uptime, coalesce(x.ip, s.ip) AS ip,
              coalesce(x.hostname, s.hostname) AS hostname, x.kernel_id, x.release, x.euname, x.patch_level, x.patch_type,
              x.version, x.virt, x.kcare_version, x.distro, x.distro_version, x.machine, x.processor, x.update_result
            FROM json_each(@page) p
            CROSS JOIN server s ON s.local = p.value
            JOIN key k ON k.id = s.key AND k.shadowed = 0
            LEFT JOIN feed f ON f.id = k.feed AND f.shadowed = 0
            LEFT JOIN server_checkin c ON c.server = s.local
            LEFT JOIN server_facts x ON x.server = s.local
            """,
            new { main = EPortal.Feeds.Feed.MainId, page = JsonSerializer.Serialize(page) }).ToDictionary(row => row.Local);
        foreach (var waiting in WaitingCheckIns.Read(session).Values)
        {
            if (rows.TryGetValue(waiting.Server, out var row) && row.CheckinStamp < waiting.Stamp)
                (row.Checkin, row.Uptime) = (waiting.At, waiting.Uptime);
        }

        return [.. page.Where(rows.ContainsKey).Select(local => rows[local].ToServer(table, now))];
    }

    /// <summary>How many servers it matches, whatever its limit and offset.</summary>
    public long Count(Session session, Offers offers, DateTimeOffset now) => new ServerSelection(session, this, offers.At(session), now).Count();

    /// <summary>A row of the query; what a host never reported is null.</summary>
    private sealed class Row
    {
        public required string Id { get; init; }
        public required long Local { get; init; }
        public required string ServerId { get; init; }
        public required string Key { get; init; }
        public required string Feed { get; init; }
        public required string FeedId { get; init; }
        public required string Products { get; init; }
        public required long Registered { get; init; }
        public long? Checkin { get; set; }
        public long? CheckinStamp { get; init; }
        public long? Updated { get; init; }
        public required string Tags { get; init; }
        public long? Uptime { get; set; }
        public required string Ip { get; init; }
        public required string Hostname { get; init; }
        public string? KernelId { get; init; }
        public string? Release { get; init; }
        public string? Euname { get; init; }
        public long? PatchLevel { get; init; }
        public string? PatchType { get; init; }
        public string? Version { get; init; }
        public string? Virt { get; init; }
        public string? KcareVersion { get; init; }
        public string? Distro { get; init; }
        public string? DistroVersion { get; init; }
        public string? Machine { get; init; }
        public string? Processor { get; init; }
        public string? UpdateResult { get; init; }

        public Server ToServer(OfferTable offers, DateTimeOffset now) => new()
        {
            Id = Id,
            Local = Local,
            ServerId = ServerId,
            Key = Key,
            Feed = Feed,
            Registered = Micros.ToTime(Registered),
            Checkin = Time(Checkin),
            Updated = Time(Updated),
            Tags = Tags,
            Uptime = Uptime,
            Facts = ToFacts(),
            Status = ToStatus(offers),
            Inactive = now - Micros.ToTime(Checkin ?? Registered) > ServerStatuses.InactiveAfter,
        };

        private static DateTimeOffset? Time(long? micros) => micros is { } value ? Micros.ToTime(value) : null;

        private ServerFacts ToFacts() => new()
        {
            Ip = Ip,
            Hostname = Hostname,
            KernelId = KernelId ?? "",
            Release = Release ?? "",
            Euname = Euname ?? "",
            PatchLevel = PatchLevel ?? 0,
            PatchType = PatchType ?? "",
            Version = Version ?? "",
            Virt = Virt ?? "",
            KcareVersion = KcareVersion ?? "",
            Distro = Distro ?? "",
            DistroVersion = DistroVersion ?? "",
            Machine = Machine ?? "",
            Processor = Processor ?? "",
            UpdateResult = UpdateResult ?? "",
            Feed = Feed,
        };

        private ServerStatus ToStatus(OfferTable offers)
        {
            var allowed = Products.Split(' ').Contains(Product.Kernel.Token(), StringComparer.Ordinal);
            return !allowed || KernelId is null || offers.FindOrNull(FeedId, Product.Kernel, KernelId) is not { } offer
                ? ServerStatus.Unsupported
                : offer.Level == PatchLevel ? ServerStatus.UpToDate : ServerStatus.Outdated;
        }
    }
}

/// <summary>A time before now.</summary>
/// <param name="Ago">How long ago.</param>
/// <param name="Within">Whether it must be no longer ago than that; else longer.</param>
internal sealed record Period(TimeSpan Ago, bool Within)
{
    /// <summary>The condition on a column of Unix microseconds.</summary>
    public string Sql(string column, string parameter) => Within ? $"{column} >= {parameter}" : $"{column} < {parameter}";

    /// <summary>The time meant, in Unix microseconds.</summary>
    public long Before(DateTimeOffset now) => Micros.Of(now - Ago);
}
