using System.CommandLine;
using System.Globalization;
using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Hosting;

namespace EPortal.PatchSource;

/// <summary><c>kc.eportal patch-source</c>: how it stands with the patch source.</summary>
internal static partial class SourceStatusCommand
{
    /// <summary>The command; its exit code is 1 when the last sync failed.</summary>
    public static Command Create(CliContext context)
    {
        var json = CliOptions.Json();
        var command = new Command("patch-source", "show how the last sync with the patch source went") { json };
        command.SetAction(async (parsed, _) =>
        {
            await using var portal = context.OpenPortal();
            var (state, index) = portal.Database.Read(session => (SourceStore.StateOrNull(session), SourceStore.ExpiryOrNull(session)));
            var row = new StatusRow(
                portal.Settings.PatchSourceUrl?.ToString(), index?.Version, Text(index?.Expires), Text(state?.At), Text(state?.SucceededAt),
                state?.Error, state?.Message, portal.Signer.OwnKeyLine());
            if (parsed.GetValue(json))
                context.Json(row, StatusJson.Default.StatusRow);
            else
                Show(context, row);
            return state?.Error is null ? CliExit.Success : CliExit.Failure;
        });
        return command;
    }

    private static void Show(CliContext context, StatusRow row)
    {
        context.Line($"source: {row.Url ?? "none; PATCH_SOURCE_URL names one"}");
        context.Line($"index: {(row.Version is { } version ? $"version {version}, expires {row.Expires}" : "none seen yet")}");
        context.Line($"last sync: {row.At ?? "never"}{(row.Message is { } message ? $", {message}" : "")}");
        context.Line($"last success: {row.SucceededAt ?? "never"}");
        context.Line($"own key: {row.OwnKey}");
    }

    private static string? Text(DateTimeOffset? time) => time?.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>How it stands, for programs; <c>error</c> is the code of what failed, <c>own_key</c> what portals that fetch from this one must trust.</summary>
    internal sealed record StatusRow(
        string? Url, long? Version, string? Expires, string? At, string? SucceededAt, string? Error, string? Message, string OwnKey);

    [JsonSerializable(typeof(StatusRow))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class StatusJson : JsonSerializerContext;
}
