using System.Text.Json;
using System.Text.Json.Serialization;
using EPortal.Data;
using EPortal.Servers.CheckIns;

namespace EPortal.Replication.Wire;

/// <summary>What one node asks of another. Exactly one of the parts is set.</summary>
internal sealed record PeerRequest
{
    /// <summary>Changes that the caller lacks.</summary>
    public PullRequest? Pull { get; init; }

    /// <summary>A page of the other's whole state.</summary>
    public StateRequest? State { get; init; }

    /// <summary>Whether the other has a server that called here and is not known here.</summary>
    public FindRequest? Find { get; init; }

    /// <summary>A part of an archive.</summary>
    public ArchiveRequest? Archive { get; init; }
}

/// <summary>The answer to a <see cref="PeerRequest"/>: the part that was asked for, or why there is none.</summary>
internal sealed record PeerAnswer
{
    /// <summary>Changes.</summary>
    public PullAnswer? Pull { get; init; }

    /// <summary>State.</summary>
    public StateAnswer? State { get; init; }

    /// <summary>Whether a server is known.</summary>
    public FindAnswer? Find { get; init; }

    /// <summary>A part of an archive.</summary>
    public ArchiveAnswer? Archive { get; init; }

    /// <summary>Why there is no answer, in a sentence; null where there is one.</summary>
    public string? Error { get; init; }
}

/// <summary>Asks for changes, and announces who asks.</summary>
internal sealed record PullRequest
{
    /// <summary>Where the caller can be called back; null where it did not say (<c>NODE_URL</c>).</summary>
    public string? Url { get; init; }

    /// <summary>The newest kind of changes that the caller understands.</summary>
    public int Features { get; init; }

    /// <summary>The last operation that the caller has of each origin.</summary>
    public required IReadOnlyDictionary<string, long> Vector { get; init; }

    /// <summary>Up to where it has the other's check-ins.</summary>
    public long Cursor { get; init; }

    /// <summary>How long to wait for a change when there is none, in milliseconds.</summary>
    public int Wait { get; init; }
}

/// <summary>Changes.</summary>
internal sealed record PullAnswer
{
    /// <summary>The newest kind of changes that this node understands.</summary>
    public int Features { get; init; }

    /// <summary>This node's clock, in Unix milliseconds.</summary>
    public long Time { get; init; }

    /// <summary>The last operation that this node has of each origin, on the snapshot of what it sends.</summary>
    public required IReadOnlyDictionary<string, long> Vector { get; init; }

    /// <summary>Operations, each origin's in order.</summary>
    public IReadOnlyList<OperationRow> Operations { get; init; } = [];

    /// <summary>Whether more are to be had at once.</summary>
    public bool HasMore { get; init; }

    /// <summary>Whether some have been deleted, so that both have to be merged in full.</summary>
    public bool IsGap { get; init; }

    /// <summary>Manifests of the patchsets that the operations create.</summary>
    public IReadOnlyList<ManifestPart> Manifests { get; init; } = [];

    /// <summary>Latest check-ins; only once there are no more operations.</summary>
    public IReadOnlyList<ReplicatedCheckIn> CheckIns { get; init; } = [];

    /// <summary>Up to where the caller then has check-ins.</summary>
    public long Cursor { get; init; }

    /// <summary>A hash of all rows of each kind of entity, where both have the same operations.</summary>
    public IReadOnlyDictionary<string, string>? Digests { get; init; }
}

/// <summary>A manifest as its maker signed it.</summary>
/// <param name="Sha256">Its hash.</param>
/// <param name="Json">Its bytes.</param>
/// <param name="Signature">Text of its signature; null for an unsigned one.</param>
internal sealed record ManifestPart(string Sha256, byte[] Json, string? Signature);

/// <summary>Asks for the next page of a state.</summary>
/// <param name="Snapshot">The snapshot that was begun before; null for a new one.</param>
internal sealed record StateRequest(string? Snapshot);

/// <summary>A page of a state. The last one has no rows.</summary>
internal sealed record StateAnswer
{
    /// <summary>Names the snapshot in the next request.</summary>
    public required string Snapshot { get; init; }

    /// <summary>How far this node had come, on that snapshot.</summary>
    public required IReadOnlyList<VectorState> Vector { get; init; }

    /// <summary>The last stamp of its clock.</summary>
    public long Stamp { get; init; }

    /// <summary>Operations that waited for others.</summary>
    public IReadOnlyList<OperationRow> Pending { get; init; } = [];

    /// <summary>Rows.</summary>
    public IReadOnlyList<RowPart> Rows { get; init; } = [];

    /// <summary>Holds on these rows: none is to be in force for a moment before what holds it arrives.</summary>
    public IReadOnlyList<HoldState> Holds { get; init; } = [];

    /// <summary>Manifests of the patchsets among the rows.</summary>
    public IReadOnlyList<ManifestPart> Manifests { get; init; } = [];

    /// <summary>Rows in all, for progress.</summary>
    public long Total { get; init; }
}

/// <summary>A row of an entity.</summary>
internal sealed record RowPart(
    string Entity,
    string Id,
    long Stamp,
    string Stamps,
    IReadOnlyDictionary<string, JsonElement> Fields
)
{
    /// <summary>As it travels.</summary>
    public static RowPart Of(EntityState row) =>
        new(
            row.Entity,
            row.Id,
            row.Stamp,
            row.Stamps,
            row.Fields.ToDictionary(field => field.Key, field => Element(field.Value), StringComparer.Ordinal)
        );

    /// <summary>As it is merged.</summary>
    public EntityState ToState()
    {
        var fields = new Fields();
        foreach (var (name, value) in Fields)
        {
            if (value.ValueKind == JsonValueKind.Number)
                fields.Add(name, value.GetInt64());
            else
                fields.Add(name, value.GetString());
        }

        return new EntityState(Entity, Id, Stamp, Stamps, fields);
    }

    private static JsonElement Element(object? value) =>
        value is long number
            ? JsonSerializer.SerializeToElement(number, MessagesJson.Default.Int64)
            : JsonSerializer.SerializeToElement((string?)value, MessagesJson.Default.String!);
}

/// <summary>Asks whether a server is known.</summary>
/// <param name="ServerId">Its agent's id.</param>
internal sealed record FindRequest(string ServerId);

/// <summary>Whether a server is known.</summary>
/// <param name="Birth">The operation that registered it; null for an unknown one.</param>
internal sealed record FindAnswer(string? Birth);

/// <summary>Asks for a part of an archive.</summary>
/// <param name="Product">Token of its product.</param>
/// <param name="Patchset">Name of its patchset.</param>
/// <param name="ManifestSha256">Hash of its manifest.</param>
/// <param name="Offset">First byte wanted.</param>
internal sealed record ArchiveRequest(string Product, string Patchset, string ManifestSha256, long Offset);

/// <summary>A part of an archive.</summary>
/// <param name="Size">Bytes of all of it; 0 where it is not here.</param>
/// <param name="Content">The bytes from the offset on.</param>
internal sealed record ArchiveAnswer(long Size, byte[] Content);

/// <summary>First words of a caller.</summary>
/// <param name="Node">Origin of the caller.</param>
/// <param name="Nonce">32 random bytes.</param>
/// <param name="Key">Which shared key it uses; tells nothing of the key.</param>
/// <param name="Proof">Shows that it has that key.</param>
internal sealed record Hello(string Node, byte[] Nonce, string Key, byte[] Proof);

/// <summary>The answer to a <see cref="Hello"/>.</summary>
/// <param name="Node">Origin of this node.</param>
/// <param name="Nonce">32 random bytes.</param>
/// <param name="Session">Names the session in the calls that follow.</param>
/// <param name="Proof">Shows that it has the key, and that it answers this very caller.</param>
internal sealed record Welcome(string Node, byte[] Nonce, string Session, byte[] Proof);

/// <summary>Serializer of messages between nodes. Zeros are written: what a message must have may be one.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(PeerRequest))]
[JsonSerializable(typeof(PeerAnswer))]
[JsonSerializable(typeof(Hello))]
[JsonSerializable(typeof(Welcome))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(string))]
internal sealed partial class MessagesJson : JsonSerializerContext;
