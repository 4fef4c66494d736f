using System.CommandLine;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Hosting;
using EPortal.Keys;

namespace EPortal.Operations;

/// <summary>
/// <c>kc.eportal check</c>: a plugin for Nagios and what speaks like it. Ends with 0, 1, 2 or 3 for OK, WARNING,
/// CRITICAL and UNKNOWN, and says so in one line with performance data.
/// </summary>
internal static class CheckCommand
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context)
    {
        var limits = new CheckLimits();
        var key = Named("--key", "KEY", "count only servers of this key");
        var feed = Named("--feed", "FEED", "count only servers of this feed");
        key.CompletionSources.Add(StoredNames.Of(context, KeyStore.Names));
        feed.CompletionSources.Add(StoredNames.OfFeeds(context));
        var url = Named("--url", "URL", "check the portal at this URL instead of the data folder on this machine");
        var token = Named("--token", "FILE", "file with the metrics token for --url; - reads it from standard input");
        var verbose = CliOptions.Flag("print a line per check", "-v", "--verbose");
        var json = CliOptions.Json();
        var command = new Command(
            "check",
            """
            check the portal as a Nagios plugin

            examples:
              kc.eportal check --warning-outdated 10 --critical-outdated 100
              kc.eportal check --source-age-warning 2d -v
              kc.eportal check --url http://portal:8080 --token /etc/nagios/eportal.token
            """
        )
        {
            key,
            feed,
            url,
            token,
            verbose,
            json,
        };
        foreach (var option in limits.Options)
            command.Add(option);
        command.SetAction(
            async (parsed, cancel) =>
            {
                var report = await Guard(async () =>
                    parsed.GetValue(url) is { } address
                        ? Of(parsed.GetResult(key) is null && parsed.GetResult(feed) is null && !limits.Given(parsed))
                            ?? await CheckOverHttp.Run(
                                address,
                                CheckOverHttp.ReadToken(parsed.GetValue(token), context.In),
                                cancel
                            )
                        : await CheckHere.Run(
                            context,
                            new CheckOptions(
                                parsed.GetValue(key),
                                parsed.GetValue(feed),
                                limits.Outdated(parsed),
                                limits.Inactive(parsed),
                                limits.SourceAge(parsed)
                            )
                        )
                );
                Show(context, report, parsed.GetValue(json), parsed.GetValue(verbose));
                return (int)report.State;
            }
        );
        return command;
    }

    private static Option<string?> Named(string name, string value, string description)
    {
        var option = CliOptions.Value<string>(description, name);
        option.HelpName = value;
        return option;
    }

    private static CheckReport? Of(bool canBeAsked) =>
        canBeAsked
            ? null
            : CheckReport.Of(
                CheckState.Unknown,
                "check",
                "--url cannot be combined with options for keys, feeds, servers or the age of the patch source"
            );

    /// <summary>
    /// Whatever is in the way is an answer too: monitoring must not take a failure of the check for silence.
    /// </summary>
    private static async Task<CheckReport> Guard(Func<Task<CheckReport>> check)
    {
        try
        {
            return await check();
        }
        catch (Exception e) when (e is StoreException or DataFolderException)
        {
            return CheckReport.Of(CheckState.Critical, "database", e.Message);
        }
        catch (Exception e)
            when (e is CliException or UserFacingException or IOException or UnauthorizedAccessException)
        {
            return CheckReport.Of(CheckState.Unknown, "check", e.Message);
        }
    }

    private static void Show(CliContext context, CheckReport report, bool json, bool verbose)
    {
        if (json)
        {
            context.Json(report, CheckJson.Default.CheckReport);
            return;
        }

        context.Line(report.Line());
        foreach (var part in verbose ? report.Parts : [])
            context.Line($"{part.State.ToString().ToUpperInvariant()}: {part.Name}: {part.Message}");
    }
}
