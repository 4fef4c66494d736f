using Dapper;
using EPortal.Data;

namespace EPortal.Feeds;

/// <summary>A patchset that a feed offers although the patch source withdrew it.</summary>
/// <param name="Product">Token of its product.</param>
/// <param name="Patchset">Its name.</param>
/// <param name="Feed">Name of the feed.</param>
/// <param name="Listed">What the patch source says of it: <c>withdrawn</c> or <c>blocked</c>.</param>
internal sealed record EnabledButWithdrawn(string Product, string Patchset, string Feed, string Listed)
{
    /// <summary>Whether the patch source blocked it; it was imported after that.</summary>
    public bool IsBlocked => Listed == "blocked";

    /// <summary>All there are.</summary>
    public static IReadOnlyList<EnabledButWithdrawn> List(Session session) =>
        session
            .Connection.Query<EnabledButWithdrawn>(
                $"""
                SELECT p.product, p.name AS patchset, f.name AS feed, l.state AS listed
                FROM {InForce.From}
                JOIN source_patchset l ON l.product = p.product AND l.name = p.name
                WHERE {InForce.Where} AND l.state IN ('withdrawn', 'blocked')
                ORDER BY l.state, p.released, p.name, f.name
                """
            )
            .AsList();
}
