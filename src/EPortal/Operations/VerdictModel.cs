using System.Globalization;
using EPortal.WebConsole;

namespace EPortal.Operations;

/// <summary>The state of the fleet, in a word and a sentence.</summary>
/// <param name="HealthLevel">How bad it is.</param>
/// <param name="Title">The word.</param>
/// <param name="Sentence">The sentence.</param>
internal sealed record VerdictModel(HealthLevel HealthLevel, string Title, string Sentence)
{
    /// <summary>Of what the first page shows.</summary>
    public static VerdictModel Of(StartModel model) =>
        model switch
        {
            { Fleet: null } => new(
                HealthLevel.Unknown,
                "Not counted yet",
                "The servers could not be counted. See the server log."
            ),
            { All.Total: 0 } => new(
                HealthLevel.Unknown,
                "No servers yet",
                "Hosts appear here after their agent registers with a key."
            ),
            { All: { Outdated: 0, Inactive: 0 } all } => new(
                HealthLevel.Good,
                all.Unsupported == 0 ? "All servers are up to date" : "All supported servers are up to date",
                Share(all)
            ),
            { All: var all } => new(
                all.Outdated * 10 > all.Total ? HealthLevel.Critical : HealthLevel.Warning,
                string.Join(
                    ", ",
                    new[] { Part(all.Outdated, "outdated"), Part(all.Inactive, "inactive") }.OfType<string>()
                ),
                Share(all)
            ),
        };

    private static string? Part(long count, string what) =>
        count == 0 ? null : $"{NumberText.Of(count, "server is", "servers are")} {what}";

    /// <summary>Rounded down, so that nothing short of all is called all.</summary>
    private static string Share(ServerCounts all) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{all.UpToDate * 100 / all.Total} % of {NumberText.Of(all.Total, "server", "servers")} run the newest patch of their feed."
        );
}

/// <summary>How bad something is.</summary>
internal enum HealthLevel
{
    /// <summary>It cannot be told.</summary>
    Unknown,

    /// <summary>Everything is in order.</summary>
    Good,

    /// <summary>Somebody should look.</summary>
    Warning,

    /// <summary>Somebody must look.</summary>
    Critical,
}
