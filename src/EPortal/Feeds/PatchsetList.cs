using System.CommandLine;
using System.Globalization;
using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Format;
using EPortal.Hosting;

namespace EPortal.Feeds;

/// <summary><c>kc.eportal PRODUCT list</c>: patchsets and their state on a feed.</summary>
internal static partial class PatchsetList
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context, Product product)
    {
        var feed = RolloutCommands.FeedOption(context);
        var json = CliOptions.Json();
        var command = new Command("list", "list patchsets and their state on a feed, oldest first") { feed, json };
        command.SetAction(
            async (parsed, _) =>
            {
                await using var portal = context.OpenPortal();
                Show(
                    context,
                    product,
                    portal.Rollout.List(parsed.GetValue(feed) ?? Feed.Main, product),
                    parsed.GetValue(json)
                );
            }
        );
        return command;
    }

    private static void Show(CliContext context, Product product, IReadOnlyList<Placement> placements, bool json)
    {
        if (json)
        {
            context.Json(
                [.. placements.Select(ListedPatchsetRow.From)],
                PatchsetListJson.Default.ListedPatchsetRowArray
            );
            return;
        }

        var table = new CliTable("Patchset", "Status", "Released", "Channel", "Distros", "Signed by")
        {
            Empty =
                $"there are no {product.Token()} patchsets; `kc.eportal {product.Verb()} update` fetches them from a patch source, `kc.eportal {product.Verb()} deploy ARCHIVE` imports one",
        };
        foreach (var placement in placements)
        {
            var patchset = placement.Patchset;
            table.Add(
                patchset.Name,
                placement.StateText,
                Day(patchset.Released),
                patchset.Channel,
                string.Join(' ', patchset.Distros),
                patchset.IsHere ? patchset.SignedBy ?? "unchecked" : ""
            );
        }

        table.Write(context);
    }

    private static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A patchset on a feed for programs, with what the table has and the API's list has not.</summary>
    internal sealed record ListedPatchsetRow(
        string Patchset,
        string Status,
        bool Withdrawn,
        DateTimeOffset Released,
        string Channel,
        IReadOnlyList<string> Distros,
        string? SignedBy
    )
    {
        public static ListedPatchsetRow From(Placement placement) =>
            new(
                placement.Patchset.Name,
                placement.State.Token(),
                placement.Patchset.Listed == RepositoryState.Withdrawn,
                placement.Patchset.Released,
                placement.Patchset.Channel,
                placement.Patchset.Distros,
                placement.Patchset.SignedBy
            );
    }

    [JsonSerializable(typeof(ListedPatchsetRow[]))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class PatchsetListJson : JsonSerializerContext;
}
