namespace EPortal.AgentClient.Wire;

/// <summary>Body of <c>POST /admin/api/kcare/checkin/{user|qemu|db}</c>.</summary>
public sealed record BuildIdsRequest
{
    /// <summary>The id that registration gave.</summary>
    public string ServerId { get; set; } = "";

    /// <summary>ELF build-ids in lower-case hex of what runs on the host.</summary>
    public IReadOnlyList<string> BuildIds { get; set; } = [];
}

/// <summary>Patches for those of the build-ids asked for that the server's feed has something for.</summary>
public sealed record BuildIdsAnswer
{
    /// <summary>One entry a build-id; build-ids without a patch have none.</summary>
    public IReadOnlyList<BuildIdPatch> Patches { get; set; } = [];
}

/// <summary>The patch to run for one build-id.</summary>
public sealed record BuildIdPatch
{
    /// <summary>ELF build-id in lower-case hex.</summary>
    public string BuildId { get; set; } = "";

    /// <summary>Level to run; positive.</summary>
    public int Level { get; init; }

    /// <summary>Patchset that holds the level.</summary>
    public string Patchset { get; set; } = "";

    /// <summary>Every file of the patch, <c>patch.json</c> and its signature included.</summary>
    public IReadOnlyList<OfferedFile> Files { get; set; } = [];
}
