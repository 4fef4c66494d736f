namespace EPortal.Agents;

/// <summary>Invalid fields of a check-in: each counts as not sent, and is recorded in the server's history.</summary>
internal sealed class DroppedFields
{
    private List<string>? _all;

    /// <summary>Whether all could be kept.</summary>
    public bool IsEmpty => _all is null;

    /// <summary>
    /// Whether something is kept in another form than it came in, such as a number that was sent as a text.
    /// </summary>
    public bool IsAdapted { get; set; }

    /// <summary>Whether it is kept as it was sent, so that the same bytes mean the same the next time.</summary>
    public bool IsAsSent => IsEmpty && !IsAdapted;

    /// <summary>Adds one.</summary>
    /// <param name="field">Its name; one of ours.</param>
    /// <param name="why">Why it cannot be kept; follows the name, and repeats nothing of what was sent.</param>
    public void Add(string field, string why) => (_all ??= []).Add($"{field} {why}");

    /// <summary>All of them as a sentence; empty for none.</summary>
    public override string ToString() => _all is null ? "" : string.Join("; ", _all);
}
