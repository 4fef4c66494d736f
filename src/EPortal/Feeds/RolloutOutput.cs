using System.Text.Json.Serialization;
using EPortal.Cli;

namespace EPortal.Feeds;

/// <summary>What commands on patchsets print.</summary>
internal static partial class RolloutOutput
{
    /// <summary>Prints the state of patchsets on a feed, new or <paramref name="already"/> there.</summary>
    public static void Show(
        CliContext context,
        IReadOnlyList<string> patchsets,
        PatchsetState state,
        string feed,
        bool json,
        bool already = false
    )
    {
        if (json)
        {
            context.Json(
                [.. patchsets.Select(name => new StateRow(name, feed, state.Token(), !already))],
                RolloutOutputJson.Default.StateRowArray
            );
            return;
        }

        foreach (var name in patchsets)
            context.Line(
                already ? $"{name} is already {state.Token()} in {feed}" : $"{name} was {state.Token()} in {feed}"
            );
    }

    /// <summary>Prints that a patchset was undeployed from a feed, or would be in a dry run.</summary>
    public static void ShowUndeployed(CliDeletion output, string patchset, string feed, bool wasDisabled)
    {
        if (output.AsJson)
            Show(output.Context, [patchset], PatchsetState.Undeployed, feed, json: true, already: output.IsDry);
        else if (wasDisabled)
            output.Context.Line(
                $"{patchset} {(output.IsDry ? "would no longer be" : "is no longer")} disabled in {feed}"
            );
        else
            output.Context.Line($"{patchset} {output.Was} unrolled from {feed}");
    }

    /// <summary>Prints that a patchset was deleted, or would be in a dry run.</summary>
    public static void ShowDeleted(CliDeletion deletion, string patchset) =>
        deletion.Context.Result(
            deletion.AsJson,
            new GoneRow(patchset, deletion.IsDry),
            RolloutOutputJson.Default.GoneRow,
            $"{patchset} {deletion.Was} deleted"
        );

    /// <summary>A patchset's state on a feed, and whether this command changed it; for programs.</summary>
    internal sealed record StateRow(string Patchset, string Feed, string Status, bool Changed);

    /// <summary>A deleted patchset, or one that would be, for programs.</summary>
    internal sealed record GoneRow(string Deleted, bool DryRun);

    [JsonSerializable(typeof(StateRow[]))]
    [JsonSerializable(typeof(GoneRow))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class RolloutOutputJson : JsonSerializerContext;
}
