using EPortal.Api;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.Feeds;

/// <summary>Which patchsets a list shows.</summary>
internal sealed record PatchsetsFilter
{
    /// <summary>Those that servers run.</summary>
    public const string RunByServers = "servers";

    /// <summary>Those that a feed offers.</summary>
    public const string OnFeeds = "feeds";

    /// <summary>Those that can be served.</summary>
    public const string Available = "available";

    /// <summary>Those that the patch source withdrew or blocked.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>Those that are not here.</summary>
    public const string Absent = "absent";

    private const int MaxText = 64;

    /// <summary>Part of the name.</summary>
    public string Name { get; init; } = "";

    /// <summary>A distribution that it holds patches for; empty for all.</summary>
    public string Distro { get; init; } = "";

    /// <summary>Who uses it; empty for all.</summary>
    public string Use { get; init; } = "";

    /// <summary>Its availability; empty for all.</summary>
    public string State { get; init; } = "";

    /// <summary>Patchsets to skip.</summary>
    public int Offset { get; init; }

    /// <summary>Whether it excludes any.</summary>
    public bool IsActive => Name.Length + Distro.Length + Use.Length + State.Length > 0;

    /// <summary>The filter that a request names.</summary>
    /// <exception cref="RefusedException">A value is none of those a page offers.</exception>
    public static PatchsetsFilter Read(ApiParameters parameters) =>
        new()
        {
            Name = Bounded(parameters.Text("name")),
            Distro = Bounded(parameters.Text("distro")),
            Use = OneOf(parameters, "use", RunByServers, OnFeeds),
            State = OneOf(parameters, "state", Available, Unavailable, Absent),
            Offset = (int)(parameters.Number("offset", 0, int.MaxValue) ?? 0),
        };

    /// <summary>The same as a query string, which begins at another patchset.</summary>
    public string Query(long offset)
    {
        (string Name, string Value)[] values =
        [
            ("name", Name),
            ("distro", Distro),
            ("use", Use),
            ("state", State),
            ("offset", offset > 0 ? $"{offset}" : ""),
        ];
        return string.Join(
            '&',
            values.Where(one => one.Value.Length > 0).Select(one => $"{one.Name}={Uri.EscapeDataString(one.Value)}")
        );
    }

    /// <summary>Whether it shows a patchset with these states on the feeds.</summary>
    public bool Shows(Patchset patchset, IEnumerable<PatchsetState> states, long servers) =>
        patchset.Name.Contains(Name, StringComparison.OrdinalIgnoreCase)
        && (Distro.Length == 0 || patchset.Distros.Contains(Distro, StringComparer.OrdinalIgnoreCase))
        && (Use.Length == 0 || (Use == RunByServers ? servers > 0 : states.Contains(PatchsetState.Enabled)))
        && State switch
        {
            Available => !IsUnavailable(patchset),
            Unavailable => IsUnavailable(patchset),
            Absent => !patchset.IsHere,
            _ => true,
        };

    private static bool IsUnavailable(Patchset patchset) =>
        patchset.IsBlocked || patchset.Listed == RepositoryState.Withdrawn;

    private static string Bounded(string? text) =>
        text is null ? ""
        : text.Length <= MaxText ? text
        : text[..MaxText];

    private static string OneOf(ApiParameters parameters, string name, params string[] known)
    {
        var value = parameters.Text(name) ?? "";
        return value.Length == 0 || known.Contains(value, StringComparer.Ordinal)
            ? value
            : throw new RefusedException(Refusal.Invalid, $"{name} must be one of {string.Join(", ", known)}");
    }
}
