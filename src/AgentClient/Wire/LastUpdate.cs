namespace EPortal.AgentClient.Wire;

/// <summary>How an agent's last attempt to change its level went.</summary>
public sealed record LastUpdate
{
    /// <summary>Value of <see cref="Result"/> when the level was reached.</summary>
    public const string Ok = "ok";

    /// <summary>Value of <see cref="Result"/> when it was not; the kernel is as it was before.</summary>
    public const string Failed = "failed";

    /// <summary>Longest <see cref="Message"/> that a portal accepts.</summary>
    public const int MaxMessage = 256;

    /// <summary>Level that was to be reached; 0 = none, or not yet known.</summary>
    public int Level { get; init; }

    /// <summary>Patchset of that level; empty where not known.</summary>
    public string Patchset { get; set; } = "";

    /// <summary><see cref="Ok"/> or <see cref="Failed"/>.</summary>
    public string Result { get; set; } = "";

    /// <summary>One sentence on one line, at most <see cref="MaxMessage"/> characters; empty on success.</summary>
    public string Message { get; set; } = "";

    /// <summary>When the attempt ended, RFC 3339.</summary>
    public DateTimeOffset At { get; init; }
}
