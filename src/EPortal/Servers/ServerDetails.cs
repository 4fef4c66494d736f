using System.Text.Json;
using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Servers.Search;

namespace EPortal.Servers;

/// <summary>What is told of servers, whichever were chosen.</summary>
internal static class ServerDetails
{
    /// <summary>The servers of those numbers as lists show them, in that order.</summary>
    public static IReadOnlyList<Server> Read(
        Session session,
        IReadOnlyList<long> page,
        OfferTable table,
        DateTimeOffset now
    )
    {
        var rows = session
            .Connection.Query<Row>(
                $"""
                SELECT s.id, s.local, s.server_id, k.name AS key, k.id AS key_id, k.note AS key_note, {KeyFeed.Name} AS feed, {KeyFeed.Id} AS feed_id,
                  k.products, s.registered, c.at AS checkin, x.updated, s.tags, c.uptime, coalesce(x.ip, s.ip) AS ip,
                  coalesce(x.hostname, s.hostname) AS hostname, x.kernel_id, x.release, x.euname, x.patch_level, x.patch_type,
                  x.version, x.virt, x.kcare_version, x.distro, x.distro_version, x.machine, x.processor, x.update_result
                FROM {session.Dialect.Numbers("@page")} p
                {session.Dialect.JoinInOrder} server s ON s.local = p.value
                {VisibleKey.Join("s.key")}
                {KeyFeed.Join}
                LEFT JOIN server_checkin c ON c.server = s.local
                LEFT JOIN server_facts x ON x.server = s.local
                """,
                new { page = JsonSerializer.Serialize(page) }
            )
            .ToDictionary(row => row.Local);
        return [.. page.Where(rows.ContainsKey).Select(local => rows[local].ToServer(table, now))];
    }

    /// <summary>A row of the query; what a host never reported is null.</summary>
    private sealed class Row
    {
        public required string Id { get; init; }
        public required long Local { get; init; }
        public required string ServerId { get; init; }
        public required string Key { get; init; }
        public required string KeyId { get; init; }
        public required string KeyNote { get; init; }
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

        public Server ToServer(OfferTable offers, DateTimeOffset now) =>
            new()
            {
                Id = Id,
                Local = Local,
                ServerId = ServerId,
                Key = Key,
                KeyLabel = (KeyId, Keys.Key.LabelOf(KeyId, KeyNote)),
                Feed = Feed,
                Registered = UnixMicros.ToTime(Registered),
                Checkin = Time(Checkin),
                Updated = Time(Updated),
                Tags = Tags,
                Uptime = Uptime,
                Facts = ToFacts(),
                Status = ToStatus(offers),
                Inactive = now - UnixMicros.ToTime(Checkin ?? Registered) > ServerStatuses.InactiveAfter,
            };

        private static DateTimeOffset? Time(long? micros) => micros is { } value ? UnixMicros.ToTime(value) : null;

        private ServerFacts ToFacts() =>
            new()
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

        private ServerStatus ToStatus(OfferTable offers) =>
            new GroupKey
            {
                Id = "",
                Name = Key,
                Products = Products,
                FeedId = FeedId,
                FeedName = Feed,
            }.StatusIn(offers, KernelId ?? "", PatchLevel ?? 0);
    }
}
