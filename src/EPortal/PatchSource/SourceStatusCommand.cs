using System.CommandLine;
using EPortal.Cli;
using EPortal.Hosting;

namespace EPortal.PatchSource;

/// <summary><c>kc.eportal patch-source</c>: how it stands with the patch source.</summary>
internal static class SourceStatusCommand
{
    /// <summary>The command; its exit code is 1 when the last sync failed.</summary>
    public static Command Create(CliContext context)
    {
        var json = CliOptions.Json();
        var command = new Command("patch-source", "show how the last sync with the patch source went") { json };
        command.SetAction(async (parsed, _) =>
        {
            await using var portal = context.OpenPortal();
            var row = SourceStatus.Read(portal.Database, portal.Settings.PatchSourceUrl, portal.Signer.OwnKeyLine());
            if (parsed.GetValue(json))
                context.Json(row, SourceStatusJson.Default.SourceStatus);
            else
                Show(context, row);
            return row.Error is null ? CliExit.Success : CliExit.Failure;
        });
        return command;
    }

    private static void Show(CliContext context, SourceStatus row)
    {
        context.Line($"source: {row.Url ?? "none; PATCH_SOURCE_URL names one"}");
        context.Line($"index: {(row.Version is { } version ? $"version {version}, expires {row.Expires}" : "none seen yet")}");
        context.Line($"last sync: {row.At ?? "never"}{(row.Message is { } message ? $", {message}" : "")}");
        context.Line($"last success: {row.SucceededAt ?? "never"}");
        context.Line($"own key: {row.OwnKey}");
    }
}
