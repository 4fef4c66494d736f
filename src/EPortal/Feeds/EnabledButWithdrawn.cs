using Dapper;
using EPortal.Data;

namespace EPortal.Feeds;

/// <summary>A patchset that a feed offers though the patch source gives it out no more.</summary>
/// <param name="Product">Token of its product.</param>
/// <param name="Patchset">Its name.</param>
/// <param name="Feed">Name of the feed.</param>
/// <param name="Listed">What the patch source says of it: <c>withdrawn</c> or <c>blocked</c>.</param>
internal sealed record EnabledButWithdrawn(string Product, string Patchset, string Feed, string Listed)
{
    /// <summary>Whether it does harm, as the patch source says. It came here after the source had said so.</summary>
    public bool IsBlocked => Listed == "blocked";

    /// <summary>All there are.</summary>
    public static IReadOnlyList<EnabledButWithdrawn> List(Session session) => session.Connection.Query<EnabledButWithdrawn>(
        """
        SELECT p.product, p.name AS patchset, f.name AS feed, l.state AS listed
        FROM source_patchset l
        JOIN patchset p ON p.product = l.product AND p.name = l.name AND p.shadowed = 0 AND p.held = 0
        JOIN patchset_copy c ON c.patchset = p.id
        JOIN placement s ON s.patchset = p.id AND s.enabled = 1 AND s.held = 0
        JOIN feed f ON f.id = s.feed AND f.shadowed = 0
        WHERE l.state IN ('withdrawn', 'blocked')
        ORDER BY l.state, p.released, p.name, f.name
        """).AsList();
}
