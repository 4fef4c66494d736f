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

/// <summary>The actions' names.</summary>
internal static class RolloutActions
{
    /// <summary>All, in the order in which they are shown.</summary>
    public static IReadOnlyList<RolloutAction> All { get; } = Enum.GetValues<RolloutAction>();

    /// <summary>Those that the API knows.</summary>
    public static IReadOnlyList<RolloutAction> OfApi { get; } = [.. All.Where(action => action != RolloutAction.Unroll)];

    /// <summary>The name in API, forms and user log.</summary>
    public static string Token(this RolloutAction action) => action switch
    {
        RolloutAction.Enable => "enable",
        RolloutAction.Disable => "disable",
        RolloutAction.EnableUpTo => "enable-upto",
        RolloutAction.UndeployDownTo => "undeploy-downto",
        _ => "unroll",
    };

    /// <summary>The action among <paramref name="known"/> of that name; null when there is none.</summary>
    public static RolloutAction? ParseOrNull(IEnumerable<RolloutAction> known, string token) =>
        known.Where(action => action.Token() == token).Select(action => (RolloutAction?)action).FirstOrDefault();
}
