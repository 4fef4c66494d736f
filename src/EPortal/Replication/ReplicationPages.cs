using EPortal.WebConsole;

namespace EPortal.Replication;

/// <summary>The console's page on replication.</summary>
internal static class ReplicationPages
{
    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPage("/replication", Show);

    private static IResult Show(ReplicationStatus status) =>
        ConsoleRoutes.Show<ReplicationPage, ReplicationModel>(
            new ReplicationModel(status.IsOn, status.Own, status.IsStandby, status.Links(), status.Conflicts())
        );
}

/// <summary>What the page on replication shows.</summary>
/// <param name="IsOn">Whether this node takes part.</param>
/// <param name="Own">Where other nodes reach it; null where they cannot.</param>
/// <param name="IsStandby">Whether it takes no changes of its own.</param>
/// <param name="Links">Its links.</param>
/// <param name="Conflicts">Names that several entities have.</param>
internal sealed record ReplicationModel(
    bool IsOn,
    string? Own,
    bool IsStandby,
    IReadOnlyList<LinkStatus> Links,
    IReadOnlyList<NameConflict> Conflicts
)
{
    /// <summary>How often the page asks for what is new.</summary>
    public const int RefreshSeconds = 10;

    /// <summary>The state of a link in words.</summary>
    public static string Text(LinkStatus link) =>
        link.State switch
        {
            LinkState.InSync => link.IsOk ? "in sync" : "no contact",
            LinkState.CatchingUp => "catching up",
            LinkState.Differing => "differs",
            LinkState.Failed => "failed",
            _ => "not reached yet",
        };

    /// <summary>How well a link is: <c>good</c>, <c>doubtful</c> or <c>bad</c>.</summary>
    public static string Grade(LinkStatus link) =>
        link switch
        {
            { State: LinkState.Failed or LinkState.Differing } => "bad",
            { IsOk: false, State: not LinkState.New } => "bad",
            { State: LinkState.InSync } => "good",
            _ => "doubtful",
        };

    /// <summary>A lag for people.</summary>
    public static string Text(TimeSpan? lag) =>
        lag is { } span ? DurationText.Text(span < TimeSpan.Zero ? TimeSpan.Zero : span) : "unknown";

    /// <summary>The difference of the clocks for people.</summary>
    public static string Text(TimeSpan skew, bool isKnown) =>
        !isKnown ? "unknown"
        : skew.Duration() < PeerLink.WarnedSkew ? "less than 1 second"
        : $"{DurationText.Text(skew.Duration())} {(skew > TimeSpan.Zero ? "ahead" : "behind")}";

    /// <summary>A kind of entity for people.</summary>
    public static string KindOf(string entity) => entity == "account" ? "user" : entity.Replace('_', ' ');

    /// <summary>Address of the page of what has a name; null for kinds without pages.</summary>
    public static string? AddressOf(NameConflict conflict) =>
        conflict.Entity switch
        {
            "feed" => $"/admin/feeds/{Uri.EscapeDataString(conflict.Name)}",
            "key" => $"/admin/keys/{Uri.EscapeDataString(conflict.Name)}",
            "account" => $"/admin/users/{Uri.EscapeDataString(conflict.Name)}",
            "patchset" => "/admin/patchsets/" + string.Join('/', conflict.Name.Split('/').Select(Uri.EscapeDataString)),
            _ => null,
        };

    /// <summary>What it means that several have one name.</summary>
    public static string MeaningOf(NameConflict conflict) =>
        conflict.Entity switch
        {
            "feed" =>
                "They count as one feed with the settings of the one named last. Keys of all of them follow it. What is disabled on one of them is disabled.",
            "key" =>
                "They count as one key with the settings of the one named last. Servers of all of them belong to it. Deleting it deletes all of them.",
            "account" =>
                "They count as one user with the password and the role of the one named last; other passwords are refused. Deleting it deletes all of them.",
            "patchset" =>
                "Nodes stored different archives under this name. The one named last counts. A node with another archive does not serve it until it has fetched the one that counts.",
            _ => "The one named last counts.",
        };
}
