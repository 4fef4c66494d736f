using System.Text.Json.Serialization;

namespace EPortal.Servers;

/// <summary>
/// How many servers were deleted, or would be in a dry run, which names up to a thousand of them; for programs.
/// </summary>
internal sealed record DeletedRow(
    long Result,
    bool DryRun,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<DeletedServer>? Servers
);

/// <summary>A server's new tags, for programs.</summary>
internal sealed record TaggedRow(string Id, string Tags);

/// <summary>A change seen about a server, for programs.</summary>
internal sealed record EventRow(string Time, string What, string Was, string Became);

/// <summary>A server for programs; times in UTC.</summary>
internal sealed record ServerRow(
    string Id,
    string Ip,
    string Hostname,
    string Key,
    string Feed,
    string Registered,
    string? Checkin,
    string? Updated,
    string Euname,
    string Release,
    string KernelId,
    long PatchLevel,
    string PatchType,
    string? Tags,
    long? Uptime,
    string Version,
    string Virt,
    string KcareVersion,
    string Distro,
    string DistroVersion,
    string Machine,
    string Processor,
    string Status,
    bool Inactive,
    string UpdateResult
)
{
    /// <summary>The row of a server.</summary>
    public static ServerRow From(Server s) =>
        new(
            s.ServerId,
            s.Facts.Ip,
            s.Facts.Hostname,
            s.Key,
            s.Feed,
            ServerEntry.Time(s.Registered)!,
            ServerEntry.Time(s.Checkin),
            ServerEntry.Time(s.Updated),
            s.Facts.Euname,
            s.Facts.Release,
            s.Facts.KernelId,
            s.Facts.PatchLevel,
            s.Facts.PatchType,
            s.Tags.Length == 0 ? null : s.Tags,
            s.Uptime,
            s.Facts.Version,
            s.Facts.Virt,
            s.Facts.KcareVersion,
            s.Facts.Distro,
            s.Facts.DistroVersion,
            s.Facts.Machine,
            s.Facts.Processor,
            s.Status.Token(),
            s.Inactive,
            s.Facts.UpdateResult
        );
}

/// <summary>Serializers of what commands on servers print.</summary>
[JsonSerializable(typeof(ServerRow[]))]
[JsonSerializable(typeof(KeyCount[]))]
[JsonSerializable(typeof(EventRow[]))]
[JsonSerializable(typeof(DeletedRow))]
[JsonSerializable(typeof(TaggedRow))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class ServerRowsJson : JsonSerializerContext;
