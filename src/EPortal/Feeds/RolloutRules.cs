using EPortal.Data;
using EPortal.Patchsets;

namespace EPortal.Feeds;

/// <summary>A change of a patchset's state on a feed.</summary>
/// <param name="Before">Its state before.</param>
/// <param name="Enabled">Whether it is offered afterwards.</param>
/// <param name="Held">Whether it is disabled afterwards; null for no change.</param>
internal sealed record PlacementChange(Placement Before, bool Enabled, bool? Held)
{
    /// <summary>What changes.</summary>
    public Patchset Patchset => Before.Patchset;

    /// <summary>Whether it must be fetched first.</summary>
    public bool NeedsFetch => Enabled && !Patchset.IsHere;

    /// <summary>Its state afterwards.</summary>
    public PatchsetState After => PatchsetStates.Of(Patchset, Patchset.IsHere || NeedsFetch, Enabled, Held ?? false);
}

/// <summary>
/// The effect of an action: which patchsets of a feed change, and to what. It changes nothing, so that actions and
/// previews follow the same rules.
/// </summary>
internal static class RolloutRules
{
    /// <summary>The changes, oldest patchset first.</summary>
    /// <param name="action">What is to be done.</param>
    /// <param name="limit">The patchset of the action, with its state on the feed.</param>
    /// <param name="all">All patchsets of its product with their state there, oldest first.</param>
    /// <param name="wanted">Names of those that are not here and may be fetched without being named; none when
    /// null.</param>
    /// <exception cref="RefusedException">It cannot be done with this patchset.</exception>
    public static IReadOnlyList<PlacementChange> Changes(
        RolloutAction action,
        Placement limit,
        IEnumerable<Placement> all,
        IReadOnlySet<string>? wanted = null
    ) =>
        action switch
        {
            RolloutAction.Enable => [new PlacementChange(NotBlocked(limit), Enabled: true, Held: false)],
            RolloutAction.Disable => [new PlacementChange(Known(limit), Enabled: false, Held: true)],
            RolloutAction.Unroll => [new PlacementChange(Known(limit), Enabled: false, Held: false)],
            RolloutAction.EnableUpTo =>
            [
                .. all.Where(one =>
                        one.Patchset.CompareTo(limit.Patchset) <= 0
                        && (
                            one.State == PatchsetState.Undeployed
                            || (
                                one.State == PatchsetState.NotDownloaded
                                && (one == limit || wanted?.Contains(one.Patchset.Name) == true)
                            )
                        )
                    )
                    .Select(one => new PlacementChange(one, Enabled: true, Held: null)),
            ],
            _ =>
            [
                .. all.Where(one => one.State == PatchsetState.Enabled && one.Patchset.CompareTo(limit.Patchset) >= 0)
                    .Select(one => new PlacementChange(one, Enabled: false, Held: null)),
            ],
        };

    private static Placement NotBlocked(Placement placement) =>
        !placement.Patchset.IsBlocked
            ? placement
            : throw new RefusedException(
                Refusal.Conflict,
                $"cannot enable '{placement.Patchset.Name}': the patch source blocked it"
            );

    /// <summary>A patchset that only the patch source lists has no state yet.</summary>
    private static Placement Known(Placement placement) =>
        placement.Patchset.Id.Length > 0
            ? placement
            : throw new RefusedException(Refusal.Conflict, $"'{placement.Patchset.Name}' is not downloaded yet");
}
