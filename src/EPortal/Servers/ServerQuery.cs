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
        return [.. session.Connection.Query<Row>(
            $"""
            SELECT s.id, s.local, s.server_id, k.name AS key, coalesce(f.name, 'main') AS feed, coalesce(f.id, @main) AS feed_id,
              k.products, s.registered, c.at AS checkin, x.updated, s.tags, c.uptime, coalesce(x.ip, s.ip) AS ip,
              coalesce(x.hostname, s.hostname) AS hostname, x.kernel_id, x.release, x.euname, x.patch_level, x.patch_type,
              x.version, x.virt, x.kcare_version, x.distro, x.distro_version, x.machine, x.processor, x.update_result
            {From} {Where()}
            ORDER BY hostname, s.local LIMIT @Limit OFFSET @Offset
            """,
            Parameters(session, table, now))
            .Select(row => row.ToServer(table, now))];
    }

    /// <summary>How many servers it matches, whatever its limit and offset.</summary>
    public long Count(Session session, Offers offers, DateTimeOffset now) =>
        session.Connection.ExecuteScalar<long>($"SELECT count(*) {From} {Where()}", Parameters(session, offers.At(session), now));

    private const string From =
        """
        FROM server s
        JOIN key k ON k.id = s.key AND k.shadowed = 0
        LEFT JOIN feed f ON f.id = k.feed AND f.shadowed = 0
        LEFT JOIN server_checkin c ON c.server = s.local
        LEFT JOIN server_facts x ON x.server = s.local
        """;

    /// <summary>A feed, kernel and level as one text, to be looked up among those that are offered.</summary>
    private const string Runs = "coalesce(f.id, @main) || ' ' || x.kernel_id";

    /// <summary>Only what is asked for stands in the statement, so that an index can serve it.</summary>
    private string Where()
    {
        var conditions = new List<string>();
        void When(bool given, string condition)
        {
            if (given)
                conditions.Add(condition);
        }

        When(Hostname is not null, @"coalesce(x.hostname, s.hostname) LIKE @hostname ESCAPE '\'");
        When(Ip is not null, @"coalesce(x.ip, s.ip) LIKE @ip ESCAPE '\'");
        When(Key is not null, "k.name = @Key");
        When(Feed is not null, "coalesce(f.name, 'main') = @Feed");
        When(ServerId is not null, "s.server_id = @ServerId");
        When(Tag is not null, @"';' || s.tags || ';' LIKE @tag ESCAPE '\'");
        When(Registered is not null, Registered?.Sql("s.registered", "@registered") ?? "");
        When(Checkin is not null, Checkin?.Sql("c.at", "@checkin") ?? "");
        When(Updated is not null, Updated?.Sql("x.updated", "@updated") ?? "");
        When(IsUpdated is true, $"{Runs} || ' ' || x.patch_level IN @offered AND k.products LIKE '%kernel%'");
        When(IsUpdated is false, $"{Runs} IN @supported AND {Runs} || ' ' || x.patch_level NOT IN @offered AND k.products LIKE '%kernel%'");
        return conditions.Count == 0 ? "" : "WHERE " + string.Join(" AND ", conditions);
    }

    private DynamicParameters Parameters(Session session, OfferTable table, DateTimeOffset now)
    {
        var offered = IsUpdated is null ? [] : OffersInUse(session, table);
        var parameters = new DynamicParameters(new
        {
            main = EPortal.Feeds.Feed.MainId,
            hostname = Pattern(Hostname),
            ip = Pattern(Ip),
            Key,
            Feed,
            ServerId,
            tag = Tag is null ? null : $"%;{Literal(Tag)};%",
            registered = Registered?.Before(now),
            checkin = Checkin?.Before(now),
            updated = Updated?.Before(now),
            Limit,
            Offset,
        });
        if (IsUpdated is not null)
            parameters.Add("offered", offered.Select(offer => $"{offer.Feed} {offer.Kernel} {offer.Level}").ToList());
        if (IsUpdated is false)
            parameters.Add("supported", offered.Select(offer => $"{offer.Feed} {offer.Kernel}").ToList());
        return parameters;
    }

    /// <summary>What is offered to kernels that some server runs; of others the database need not know.</summary>
    private static List<(string Feed, string Kernel, int Level)> OffersInUse(Session session, OfferTable table) =>
    [
        .. from pair in session.Connection.Query<(string Feed, string Kernel)>(
            $"SELECT DISTINCT coalesce(f.id, @main), x.kernel_id {From} WHERE x.kernel_id IS NOT NULL", new { main = EPortal.Feeds.Feed.MainId })
           let offer = table.FindOrNull(pair.Feed, Product.Kernel, pair.Kernel)
           where offer is not null
           select (pair.Feed, pair.Kernel, offer.Level),
    ];

    private static string? Pattern(string? text) =>
        text?.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);

    private static string Literal(string text) => Pattern(text)!.Replace("%", "\\%", StringComparison.Ordinal);

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
        public long? Checkin { get; init; }
        public long? Updated { get; init; }
        public required string Tags { get; init; }
        public long? Uptime { get; init; }
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
