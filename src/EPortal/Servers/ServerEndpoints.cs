using System.Globalization;
using System.Text.Json.Serialization;
using EPortal.Api;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Servers.Search;

namespace EPortal.Servers;

/// <summary>The API's calls on servers.</summary>
internal static class ServerEndpoints
{
    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapApi(
            HttpMethods.Get,
            "/servers",
            ApiRole.Reader,
            "List or count servers",
            List,
            new("hostname", "host name; % stands for any text"),
            new("ip", "address; % stands for any text"),
            new("service_id", "the server's id"),
            new("feed", "feed that the servers follow; main is the default feed"),
            new("key", "registration key"),
            new("registered_age", "registered more than this many days ago (3, or 4h for hours), or within (-3)"),
            new("checkin_age", "last check-in more than this many days ago (3, or 4h for hours), or within (-3)"),
            new("updated_age", "level last changed more than this many days ago (3, or 4h for hours), or within (-3)"),
            new(
                "is_updated",
                "true: only servers that run the level their feed offers; false: only servers that run another",
                "boolean"
            ),
            new("status", $"{string.Join(", ", ServerConditions.All.Select(one => one.Token))}"),
            new("tag", "one of their tags, such as env:test or ubuntu"),
            new("limit", $"maximum number of rows (10 by default, up to {ServerQuery.MaxLimit})", "integer"),
            new("offset", "rows to skip", "integer"),
            new("only_count", "return only the number of servers", "boolean")
        );
        routes.MapApi(
            HttpMethods.Delete,
            "/servers",
            ApiRole.Admin,
            "Delete inactive servers",
            Clean,
            new ApiParameter("checkin_age", "days without a check-in, at least 1, or hours such as 24h", Required: true)
        );
        routes.MapApi(
            HttpMethods.Post,
            "/delete_server",
            ApiRole.Admin,
            "Delete servers by name, address or id",
            Delete,
            new("hostname", "exact host name"),
            new("ip", "exact address"),
            new("server_id", "the server's id")
        );
        routes.MapApi(
            HttpMethods.Post,
            "/set_tags",
            ApiRole.Admin,
            "Replace the tags of a server",
            SetTags,
            new("server_id", "the server's id", Required: true),
            new("tags", "tags separated by semicolons; leave out to remove all")
        );
    }

    private static ServerList List(
        ApiParameters parameters,
        Database database,
        Offers offers,
        FleetSecrets secrets,
        TimeProvider time,
        HttpContext context
    )
    {
        var shown = secrets.AreInCallsFor(context);
        if (!shown && (parameters.Text("key") ?? parameters.Text("service_id")) is not null)
            throw new RefusedException(
                Refusal.Forbidden,
                "server ids and keys are hidden from read-only users, so key and service_id require an admin"
            );
        var query = new ServerQuery
        {
            Hostname = parameters.Text("hostname"),
            Ip = parameters.Text("ip"),
            ServerId = parameters.Text("service_id"),
            Feed = parameters.Text("feed"),
            Key = parameters.Text("key"),
            Registered = Period(parameters.Age("registered_age")),
            Checkin = Period(parameters.Age("checkin_age")),
            Updated = Period(parameters.Age("updated_age")),
            IsUpdated = parameters.Flag("is_updated"),
            Condition = parameters.Text("status") is { } status ? ConditionOf(status) : null,
            Tag = parameters.Text("tag"),
            Limit = (int)(parameters.Number("limit", 1, ServerQuery.MaxLimit) ?? 10),
            Offset = (int)(parameters.Number("offset", 0, int.MaxValue) ?? 0),
        };
        var onlyCount = parameters.Flag("only_count") ?? false;
        var now = time.GetUtcNow();
        // One snapshot, so that count and rows belong together.
        return database.Read(session =>
            onlyCount ? new ServerList(query.Count(session, offers, now)) : Page(session, query, offers, now, shown)
        );
    }

    private static ServerCondition ConditionOf(string token) =>
        ServerConditions.ParseOrNull(token)
        ?? throw new RefusedException(
            Refusal.Invalid,
            $"invalid status: use {string.Join(", ", ServerConditions.All.Select(one => one.Token))}"
        );

    private static ServerList Page(Session session, ServerQuery query, Offers offers, DateTimeOffset now, bool secrets)
    {
        var rows = query.Run(session, offers, now);
        // A page that is not full tells how many there are.
        var isLast = rows.Count < query.Limit && (rows.Count > 0 || query.Offset == 0);
        var count = isLast ? query.Offset + rows.Count : query.Count(session, offers, now);
        return new ServerList(count)
        {
            Limit = query.Limit,
            Offset = query.Offset,
            Result = [.. rows.Select(row => ServerEntry.From(row, secrets))],
        };
    }

    private static async Task<ApiResult<int>> Clean(ApiParameters parameters, ServerStore servers, HttpContext context)
    {
        parameters.Required("checkin_age");
        var age = parameters.Age("checkin_age")!;
        return age.Within || age.Length < TimeSpan.FromDays(1)
            ? throw new RefusedException(Refusal.Invalid, "checkin_age must be at least 1 day")
            : new ApiResult<int>(await servers.CleanInactive(context.Actor(), age.Length));
    }

    private static async Task<ApiResult<int>> Delete(
        ApiParameters parameters,
        ServerStore servers,
        HttpContext context
    ) =>
        new(
            await servers.Delete(
                context.Actor(),
                parameters.Text("hostname"),
                parameters.Text("ip"),
                parameters.Text("server_id")
            )
        );

    private static async Task<ApiResult<string>> SetTags(
        ApiParameters parameters,
        ServerStore servers,
        HttpContext context
    ) =>
        await servers.Tag(context.Actor(), parameters.Required("server_id"), parameters.Raw("tags") ?? "")
            ? new ApiResult<string>("ok")
            : throw new RefusedException(Refusal.NotFound, "no server with this id is registered");

    private static Period? Period(Age? age) => age is null ? null : new Period(age.Length, age.Within);
}

/// <summary>A page of servers with how many there are in all; of a count alone the rest is left out.</summary>
internal sealed record ServerList(long Count)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Limit { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Offset { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ServerEntry>? Result { get; init; }
}

/// <summary>
/// A server in the form that programs have always got; times are <c>YYYY-MM-DD HH:MM:SS.ffffff</c> UTC.
/// </summary>
internal sealed record ServerEntry
{
    public required string Id { get; init; }
    public required string Ip { get; init; }
    public required string Hostname { get; init; }
    public required string Key { get; init; }
    public required string Feed { get; init; }
    public required string? Registered { get; init; }
    public required string? Checkin { get; init; }
    public required string? Updated { get; init; }
    public required string? Euname { get; init; }
    public required string? Release { get; init; }
    public required string? KernelId { get; init; }
    public required long? PatchLevel { get; init; }
    public required string? PatchType { get; init; }
    public required string? Tags { get; init; }
    public required long? Uptime { get; init; }
    public required string? Version { get; init; }
    public required string? Virt { get; init; }
    public required string? KcareVersion { get; init; }
    public required string? Distro { get; init; }
    public required string? DistroVersion { get; init; }
    public required string? Machine { get; init; }
    public required string? Processor { get; init; }

    /// <summary>The row of a server; what it never told is null. Without secrets its id and key are empty.</summary>
    public static ServerEntry From(Server server, bool secrets) =>
        new()
        {
            Id = secrets ? server.ServerId : "",
            Ip = server.Facts.Ip,
            Hostname = server.Facts.Hostname,
            Key = secrets ? server.Key : "",
            Feed = server.Feed,
            Registered = Time(server.Registered),
            Checkin = Time(server.Checkin),
            Updated = Time(server.Updated),
            Euname = Given(server.Facts.Euname),
            Release = Given(server.Facts.Release),
            KernelId = Given(server.Facts.KernelId),
            PatchLevel = server.Checkin is null ? null : server.Facts.PatchLevel,
            PatchType = Given(server.Facts.PatchType),
            Tags = Given(server.Tags),
            Uptime = server.Uptime,
            Version = Given(server.Facts.Version),
            Virt = Given(server.Facts.Virt),
            KcareVersion = Given(server.Facts.KcareVersion),
            Distro = Given(server.Facts.Distro),
            DistroVersion = Given(server.Facts.DistroVersion),
            Machine = Given(server.Facts.Machine),
            Processor = Given(server.Facts.Processor),
        };

    private static string? Given(string text) => text.Length == 0 ? null : text;

    /// <summary>A time of a server for programs.</summary>
    internal static string? Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
}
