using Dapper;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.Feeds;

/// <summary>A patchset with its state on a feed.</summary>
internal sealed record Placement(Patchset Patchset, PatchsetState State)
{
    /// <summary>Its stored form: disabling is a hold, so it survives a concurrent enabling.</summary>
    public static readonly EntityType Entity = new("placement", "enabled")
    {
        Joins = [Feed.Entity, Patchset.Entity],
        CanBeHeld = true,
        ShapesOffers = true,
        Projection = new PlacementProjection(),
    };

    /// <summary>Whether it is offered although the patch source withdrew it.</summary>
    public bool IsQuestionable => State == PatchsetState.Enabled && Patchset.Listed == RepositoryState.Withdrawn;

    /// <summary>Its state in lists: with <c>(!)</c> where it is offered although withdrawn.</summary>
    public string StateText => State.Token() + (IsQuestionable ? " (!)" : "");

    /// <summary>The id of the pair.</summary>
    public static string IdOf(Feed feed, Patchset patchset) => EntityType.PairId(feed.Id, patchset.Id);

    /// <summary>Patchsets with their state on a feed, in the order given.</summary>
    public static List<Placement> List(Session session, Feed feed, IReadOnlyList<Patchset> patchsets)
    {
        var states = session
            .Connection.Query<(string Product, string Patchset, long Enabled, long Held)>(
                "SELECT product, patchset, enabled, held FROM placement_state WHERE feed = @Name",
                new { feed.Name }
            )
            .ToDictionary(row => (row.Product, row.Patchset));
        return
        [
            .. patchsets.Select(patchset =>
            {
                var (_, _, enabled, held) = states.GetValueOrDefault((patchset.Product.Token(), patchset.Name));
                return new Placement(patchset, PatchsetStates.Of(patchset, enabled != 0, held > 0));
            }),
        ];
    }
}
