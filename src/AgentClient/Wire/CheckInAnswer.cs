namespace EPortal.AgentClient.Wire;

/// <summary>What a host is to run. Where <see cref="Supported"/> is false the fields of an offer are absent.</summary>
public sealed record CheckInAnswer
{
    /// <summary>False when the server's feed offers nothing for its kernel id.</summary>
    public bool Supported { get; init; }

    /// <summary>
    /// True where the feed offers something and the <c>sticky_patchset</c> or <c>update_delay</c> of the request holds
    /// it back; <see cref="Supported"/> is false then, for agents that do not know this field. Absent otherwise.
    /// </summary>
    public bool? HeldBack { get; init; }

    /// <summary>
    /// False where the portal answers without having recorded the check-in, for its disk is full. Absent otherwise.
    /// </summary>
    public bool? Recorded { get; init; }

    /// <summary>Level to run; positive.</summary>
    public int? Level { get; init; }

    /// <summary>Patchset that holds the level.</summary>
    public string? Patchset { get; init; }

    /// <summary>Product token, <c>kernel</c>.</summary>
    public string? Product { get; init; }

    /// <summary>Every file of the patch, <c>patch.json</c> and its signature included.</summary>
    public IReadOnlyList<OfferedFile>? Files { get; init; }
}
