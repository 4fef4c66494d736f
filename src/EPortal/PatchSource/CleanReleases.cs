using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Format;
using EPortal.Hosting;

namespace EPortal.PatchSource;

/// <summary><c>kc.eportal --clean-releases</c>: frees the space of patchsets that nobody needs any more.</summary>
internal static partial class CleanReleases
{
    /// <summary>Set to 1 it only tells what would go.</summary>
    private const string DryRun = "DRY_RUN";

    /// <summary>Runs it.</summary>
    public static async Task Run(CliContext context, bool json)
    {
        var isDry = context.Environment.GetValueOrDefault(DryRun) is { Length: > 0 } and not "0";
        await using var portal = context.OpenPortal();
        var obsolete = new ObsoletePatchsets(portal.Database, portal.Folders, portal.Offers).Find();
        foreach (var (patchset, bytes) in obsolete)
        {
            if (!isDry)
                await portal.Patchsets.Delete(context.Operator(), patchset.Product, patchset.Name);
            if (!json)
                context.Line($"{patchset.Name} {(isDry ? "would be" : "was")} removed ({CliText.Size(bytes)})");
        }

        var total = obsolete.Sum(one => one.Bytes);
        context.Result(
            json,
            new CleanRow(isDry, total, [.. obsolete.Select(one => new GoneRow(one.Patchset.Product.Token(), one.Patchset.Name, one.Bytes))]),
            CleanJson.Default.CleanRow,
            $"{obsolete.Count} patchsets {(isDry ? "would be" : "were")} removed, {CliText.Size(total)} freed");
    }

    /// <summary>A patchset that went or would go, for programs.</summary>
    internal sealed record GoneRow(string Product, string Patchset, long Bytes);

    /// <summary>What went or would go, for programs.</summary>
    internal sealed record CleanRow(bool DryRun, long Bytes, IReadOnlyList<GoneRow> Removed);

    [JsonSerializable(typeof(CleanRow))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class CleanJson : JsonSerializerContext;
}
