namespace Bench.Soak;

/// <summary>
/// A host of the soak, and what its agent was told. One agent owns it, so nothing of it is asked for twice at once.
/// </summary>
internal sealed class SoakHost(string id)
{
    public string Id { get; } = id;

    /// <summary>The last that was sent.</summary>
    public int Sent { get; set; }

    /// <summary>The last that was acknowledged; 0 before the first.</summary>
    public int Acknowledged { get; set; }

    /// <summary>When the last acknowledged check-in was sent.</summary>
    public DateTimeOffset At { get; set; }

    /// <summary>Its end was asked for: it may be there or not.</summary>
    public bool IsEnding { get; set; }

    /// <summary>Its end was acknowledged: it must not be there.</summary>
    public bool IsEnded { get; set; }
}
