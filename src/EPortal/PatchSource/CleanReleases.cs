using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Format;
using EPortal.Hosting;

namespace EPortal.PatchSource;

/// <summary><c>kc.eportal --clean-releases</c>: frees the space of patchsets that nobody needs any more.</summary>
internal static partial class CleanReleases
{
    /// <summary>Set to 1 it only tells what would go.</summary>
    private const string DryRun = "DRY_RUN";

    /// <summary>Runs it.</summary>
    public static async Task Run(CliDeletion asked)
    {
        var context = asked.Context;
        var deletion = asked with
        {
            IsDry = asked.IsDry || context.Environment.GetValueOrDefault(DryRun) is { Length: > 0 } and not "0",
        };
        await using var portal = context.OpenPortal();
        var obsolete = new ObsoletePatchsets(portal.Database, portal.Folders, portal.Offers).Find();
        var total = obsolete.Sum(one => one.Bytes);
        if (obsolete.Count > 0 && !deletion.IsDry)
            await context.ConfirmAsync(
                $"Remove {Plural.Of(obsolete.Count, "patchset")} ({CliText.Size(total)})?",
                deletion.Yes,
                unattended: true
            );
        foreach (var (patchset, bytes) in obsolete)
        {
            if (!deletion.IsDry)
                await portal.Patchsets.Delete(context.Operator(), patchset.Product, patchset.Name);
            if (!deletion.AsJson)
                context.Line($"{patchset.Name} {deletion.Was} removed ({CliText.Size(bytes)})");
        }

        context.Result(
            deletion.AsJson,
            new CleanRow(
                deletion.IsDry,
                total,
                [.. obsolete.Select(one => new GoneRow(one.Patchset.Product.Token(), one.Patchset.Name, one.Bytes))]
            ),
            CleanJson.Default.CleanRow,
            $"{Plural.Of(obsolete.Count, "patchset")} {deletion.Were(obsolete.Count)} removed, {CliText.Size(total)} freed"
        );
    }

    /// <summary>A patchset that went or would go, for programs.</summary>
    internal sealed record GoneRow(string Product, string Patchset, long Bytes);

    /// <summary>What went or would go, for programs.</summary>
    internal sealed record CleanRow(bool DryRun, long Bytes, IReadOnlyList<GoneRow> Removed);

    [JsonSerializable(typeof(CleanRow))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class CleanJson : JsonSerializerContext;
}
