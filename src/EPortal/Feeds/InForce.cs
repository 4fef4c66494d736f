namespace EPortal.Feeds;

/// <summary>
/// What feeds offer, as SQL: placements <c>s</c> of patchsets <c>p</c> on feeds <c>f</c> that are enabled, without a
/// hold, not blocked, and here (<c>c</c>). Further conditions follow <see cref="Where"/> with AND.
/// </summary>
internal static class InForce
{
    /// <summary>What follows FROM.</summary>
    public const string From = """
        placement s
        JOIN feed f ON f.id = s.feed
        JOIN patchset p ON p.id = s.patchset
        JOIN patchset_copy c ON c.patchset = p.id
        """;

    /// <summary>What follows WHERE.</summary>
    public const string Where = "s.enabled = 1 AND s.held = 0 AND p.held = 0 AND p.shadowed = 0 AND f.shadowed = 0";
}
