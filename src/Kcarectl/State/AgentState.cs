using System.Text.Json.Serialization;
using EPortal.AgentClient.Wire;

namespace Kcarectl.State;

/// <summary>What the agent has to remember between runs.</summary>
internal sealed record AgentState
{
    /// <summary>Modules this agent loaded since the kernel started, oldest first.</summary>
    public IReadOnlyList<OwnModule> Modules { get; set; } = [];

    /// <summary>How the last attempt to change the level went.</summary>
    public LastUpdate? LastUpdate { get; init; }

    /// <summary>When the portal last answered a check-in.</summary>
    public DateTimeOffset? CheckedAt { get; init; }
}

/// <summary>A live-patch module of ours. It counts only in the boot it was loaded in.</summary>
internal sealed record OwnModule
{
    public required string Name { get; init; }

    public required string BootId { get; init; }

    public required string KernelId { get; init; }

    public required int Level { get; init; }

    public required string Patchset { get; init; }

    /// <summary>Effective kernel; empty where the patch does not name one.</summary>
    public required string Uname { get; init; }

    public required DateTimeOffset At { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    WriteIndented = true
)]
[JsonSerializable(typeof(AgentState))]
internal sealed partial class StateJson : JsonSerializerContext;
