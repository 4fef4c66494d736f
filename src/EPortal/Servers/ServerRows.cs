using System.Diagnostics.CodeAnalysis;
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

/// <summary>A server as <c>server list --json</c> prints it: what the API tells, and how the server stands.</summary>
internal sealed record ServerRow : ServerEntry
{
    /// <summary>The row of a server.</summary>
    [SetsRequiredMembers]
    public ServerRow(Server server)
        : base(From(server, secrets: true)) =>
        (Status, Inactive, UpdateResult) = (server.Status.Token(), server.Inactive, server.Facts.UpdateResult);

    /// <summary>Its level against the offer.</summary>
    public string Status { get; }

    /// <summary>Whether it has not checked in for 48 hours.</summary>
    public bool Inactive { get; }

    /// <summary>How its last update ended.</summary>
    public string UpdateResult { get; }
}

/// <summary>Serializers of what commands on servers print.</summary>
[JsonSerializable(typeof(ServerRow[]))]
[JsonSerializable(typeof(KeyCount[]))]
[JsonSerializable(typeof(EventRow[]))]
[JsonSerializable(typeof(DeletedRow))]
[JsonSerializable(typeof(TaggedRow))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class ServerRowsJson : JsonSerializerContext;
