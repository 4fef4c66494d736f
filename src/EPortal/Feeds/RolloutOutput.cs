using System.Text.Json.Serialization;
using EPortal.Cli;

namespace EPortal.Feeds;

/// <summary>What commands on patchsets print.</summary>
internal static partial class RolloutOutput
{
    /// <summary>Tells the new state of patchsets on a feed.</summary>
    public static void Show(CliContext context, IReadOnlyList<string> patchsets, PatchsetState state, string feed, bool json)
    {
        if (json)
        {
            context.Json([.. patchsets.Select(name => new StateRow(name, feed, state.Token()))], RolloutOutputJson.Default.StateRowArray);
            return;
        }

        foreach (var name in patchsets)
            context.Line(state == PatchsetState.Undeployed ? $"{name} was unrolled from {feed}" : $"{name} was {state.Token()} in {feed}");
    }

    /// <summary>Tells that a patchset is gone.</summary>
    public static void ShowDeleted(CliContext context, string patchset, bool json) =>
        context.Result(json, new GoneRow(patchset), RolloutOutputJson.Default.GoneRow, $"{patchset} was deleted");

    /// <summary>A patchset's state on a feed, for programs.</summary>
    internal sealed record StateRow(string Patchset, string Feed, string Status);

    /// <summary>A deleted patchset, for programs.</summary>
    internal sealed record GoneRow(string Deleted);

    [JsonSerializable(typeof(StateRow[]))]
    [JsonSerializable(typeof(GoneRow))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class RolloutOutputJson : JsonSerializerContext;
}
