using System.CommandLine;
using System.Globalization;
using EPortal.Cli;
using EPortal.Hosting;

namespace EPortal.Operations.Reports;

/// <summary><c>kc.eportal report</c>: shows and sends usage reports, and lists those of other portals.</summary>
internal static class ReportCommands
{
    /// <summary>The command; its exit code is 1 when the report could not be sent as it should.</summary>
    public static Command Create(CliContext context)
    {
        var dry = CliOptions.DryRun();
        var json = CliOptions.Json();
        var command = new Command(
            "report",
            """
            send a usage report now, or show what it would hold

            examples:
              kc.eportal report --dry-run
              kc.eportal report
              kc.eportal report list
            """
        )
        {
            dry,
            json,
        };
        command.SetAction(
            (parsed, cancel) => parsed.GetValue(dry) ? Show(context) : Send(context, parsed.GetValue(json), cancel)
        );
        command.AddVerb(
            "send",
            "send a usage report now",
            [json],
            (parsed, cancel) => Send(context, parsed.GetValue(json), cancel)
        );
        command.AddVerb(
            "list",
            "list the last reports of portals that have this one as their patch source",
            [json],
            (parsed, _) => List(context, parsed.GetValue(json))
        );
        return command;
    }

    private static async Task<int> Show(CliContext context)
    {
        await using var portal = context.OpenPortal();
        context.Json(portal.Reports.Next, UsageReportJson.Default.UsageReport);
        return CliExit.Success;
    }

    private static async Task<int> Send(CliContext context, bool json, CancellationToken cancel)
    {
        await using var portal = context.OpenPortal();
        var sent =
            await portal.Reports.Send(seen: null, isNew: true, cancel)
            ?? throw new CliException("another process is sending a usage report; try again in a minute");
        if (json)
            context.Json(
                new SentReport(sent.Number, sent.Way, sent.IsPending, sent.Error),
                UsageReportJson.Default.SentReport
            );
        else
            context.Line(sent.Sentence);
        return sent.IsPending ? CliExit.Failure : CliExit.Success;
    }

    private static async Task<int> List(CliContext context, bool json)
    {
        await using var portal = context.OpenPortal();
        var reports = portal.Database.Read(FollowerReports.List);
        if (json)
        {
            context.Json(reports, UsageReportJson.Default.IReadOnlyListFollowerReport);
            return CliExit.Success;
        }

        var table = new CliTable(
            "Instance",
            "Host",
            "Version",
            "Received",
            CliColumn.Number("Servers"),
            CliColumn.Number("Active"),
            CliColumn.Number("Followers")
        )
        {
            Empty = "no reports of other portals; they come from portals that have this one as their patch source",
        };
        foreach (var (received, report) in reports)
        {
            table.Add(
                report.Instance,
                report.Host,
                report.Version,
                received.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                report.Servers.Total,
                report.Servers.Active,
                report.Followers.Count
            );
        }

        table.Write(context);
        return CliExit.Success;
    }
}
