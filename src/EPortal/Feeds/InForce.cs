using EPortal.Patchsets;

namespace EPortal.Feeds;

/// <summary>
/// What feeds offer, as SQL: the state <c>s</c> of patchsets <c>p</c> on feeds <c>f</c> that are enabled, without a
/// hold, not blocked, and here (<c>c</c>). Further conditions follow <see cref="Where"/> with AND.
/// </summary>
internal static class InForce
{
    /// <summary>What follows FROM.</summary>
    public const string From = """
        placement_state s
        JOIN feed f ON f.name = s.feed AND f.shadowed = 0
        JOIN patchset p ON p.product = s.product AND p.name = s.patchset AND p.shadowed = 0
        JOIN patchset_copy c ON c.patchset = p.id
        """;

    /// <summary>What follows WHERE.</summary>
    public static readonly string Where = $"s.enabled = 1 AND s.held = 0 AND {Patchset.Entity.HeldSql("p")} = 0";
}
