namespace EPortal.Feeds;

/// <summary>What can be done with a patchset on a feed.</summary>
internal enum RolloutAction
{
    /// <summary>Offer it, whatever its state was.</summary>
    Enable,

    /// <summary>Keep it off until it is enabled by name.</summary>
    Disable,

    /// <summary>Offer it and all older ones, except disabled ones.</summary>
    EnableUpTo,

    /// <summary>Undeploy it and all newer ones; disabled ones stay disabled.</summary>
    UndeployDownTo,

    /// <summary>Undeploy it alone; a disabled one is no longer disabled.</summary>
    Unroll,
}

/// <summary>What the actions are called, wherever they are named.</summary>
internal static class RolloutActions
{
    // In the order of the enumeration. {0} is the patchset, {1} the feed, {2} how many patchsets changed.
    private static readonly (RolloutAction Action, string Token, string Title, string Done)[] s_words =
    [
        (RolloutAction.Enable, "enable", "Enable", "{0} was enabled on {1}."),
        (RolloutAction.Disable, "disable", "Disable", "{0} was disabled on {1}."),
        (RolloutAction.EnableUpTo, "enable-upto", "Enable all up to this", "{2} enabled on {1}, up to {0}."),
        (
            RolloutAction.UndeployDownTo,
            "undeploy-downto",
            "Undeploy down to this",
            "{2} undeployed from {1}, down to {0}."
        ),
        (RolloutAction.Unroll, "unroll", "Undeploy", "{0} was undeployed from {1}."),
    ];

    /// <summary>All, in the order in which they are shown.</summary>
    public static IReadOnlyList<RolloutAction> All { get; } =
    [
        RolloutAction.Enable,
        RolloutAction.Disable,
        RolloutAction.Unroll,
        RolloutAction.EnableUpTo,
        RolloutAction.UndeployDownTo,
    ];

    /// <summary>Those that the API knows.</summary>
    public static IReadOnlyList<RolloutAction> OfApi { get; } =
    [.. Enum.GetValues<RolloutAction>().Where(action => action != RolloutAction.Unroll)];

    /// <summary>The name in API, forms and user log.</summary>
    public static string Token(this RolloutAction action) => s_words[(int)action].Token;

    /// <summary>The name on pages.</summary>
    public static string Title(this RolloutAction action) => s_words[(int)action].Title;

    /// <summary>What it has done, as a sentence.</summary>
    /// <param name="action">The action.</param>
    /// <param name="patchset">Name of the patchset.</param>
    /// <param name="feed">Name of the feed.</param>
    /// <param name="changed">How many patchsets it changed there.</param>
    public static string Done(this RolloutAction action, string patchset, string feed, int changed) =>
        changed == 0
            ? $"No change on {feed}."
            : string.Format(null, s_words[(int)action].Done, patchset, feed, Data.Plural.Were(changed, "patchset"));

    /// <summary>The action among <paramref name="known"/> of that name; null when there is none.</summary>
    public static RolloutAction? ParseOrNull(IEnumerable<RolloutAction> known, string token) =>
        known.Where(action => action.Token() == token).Select(action => (RolloutAction?)action).FirstOrDefault();
}
