using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Hosting;

namespace EPortal.Replication;

/// <summary><c>kc.eportal replication</c>: how replication is, and what an administrator does about it.</summary>
internal static class ReplicationCommand
{
    /// <summary>The command; its exit code is 1 unless all is well.</summary>
    public static Command Create(CliContext context)
    {
        var fullSync = CliOptions.Flag("merge with LEADER_URL in full, whatever is missing", "--full-sync");
        var shortStatus = CliOptions.Flag("print the state as JSON on one line", "--short-status");
        var json = CliOptions.Json();
        var command = new Command(
            "replication",
            """
            show the state of replication with other nodes; exit code 1 unless all is well

            examples:
              kc.eportal replication
              kc.eportal replication --short-status
              kc.eportal replication --full-sync
              kc.eportal replication forget http://eportal3.corp
            """
        )
        {
            fullSync,
            shortStatus,
            json,
        };
        command.SetAction(
            (parsed, cancel) =>
                parsed.GetValue(fullSync) ? FullSync(context, cancel)
                : parsed.GetValue(shortStatus) ? ShortStatus(context)
                : Show(context, parsed.GetValue(json))
        );
        var node = CliOptions.Required("url", "address of the node");
        command
            .AddVerb(
                "forget",
                "forget a node that is gone for good; it is known again when it calls",
                [json],
                (parsed, _) => Forget(context, parsed.GetValue(node)!, parsed.GetValue(json))
            )
            .Arguments.Add(node);
        command.AddVerb(
            "promote",
            "let a standby node take changes of its own",
            [json],
            (parsed, _) => SetPromoted(context, isPromoted: true, parsed.GetValue(json))
        );
        command.AddVerb(
            "demote",
            "make a promoted node a standby node again",
            [json],
            (parsed, _) => SetPromoted(context, isPromoted: false, parsed.GetValue(json))
        );
        return command;
    }

    private static async Task<int> Show(CliContext context, bool json)
    {
        await using var portal = context.OpenPortal();
        var status = Required(portal);
        var (links, conflicts) = (status.Links(), status.Conflicts());
        if (json)
        {
            context.Json(
                ReplicationReport.Of(status, links, conflicts),
                ReplicationReportJson.Default.ReplicationReport
            );
        }
        else
        {
            if (links.Count == 0)
                context.Line("no other node is known yet: set LEADER_URL here, or let another node follow this one");
            foreach (var link in links)
                context.Line(Sentence(link));
            foreach (var conflict in conflicts)
                context.Line(
                    $"conflict: {conflict.Count.ToString(CultureInfo.InvariantCulture)} of {conflict.Entity} are named '{conflict.Name}'; the one named last counts"
                );
        }

        return ReplicationStatus.IsOk(links) ? CliExit.Success : CliExit.Failure;
    }

    private static async Task<int> ShortStatus(CliContext context)
    {
        await using var portal = context.OpenPortal();
        var status = Required(portal);
        var report = ReplicationReport.Of(status);
        context.Line(JsonSerializer.Serialize(report, ReplicationReportJson.Default.ReplicationReport));
        return report.Ok ? CliExit.Success : CliExit.Failure;
    }

    private static async Task<int> FullSync(CliContext context, CancellationToken cancel)
    {
        await using var portal = context.OpenPortal();
        Required(portal);
        var leader =
            portal.Settings.LeaderUrl
            ?? throw new CliException("no node to merge with: set LEADER_URL in the settings");
        var url = PeerDirectory.Text(leader);
        await portal.Log.Commit(
            Actor.Portal,
            change =>
            {
                PeerStore.Add(change.Session, url, isAnnounced: false);
                return true;
            }
        );
        using var link = new PeerLink(url, portal.Get<PeerLink.Parts>());
        var told = 0L;
        await link.MergeAll(
            (done, all) =>
            {
                if (done - told < 50_000 && done != all)
                    return;
                told = done;
                context.Note(
                    $"{done.ToString(CultureInfo.InvariantCulture)} of {all.ToString(CultureInfo.InvariantCulture)} rows"
                );
            },
            cancel
        );
        while (!await link.Once(cancel))
            cancel.ThrowIfCancellationRequested();
        context.Line($"merged with {url}");
        return CliExit.Success;
    }

    private static async Task<int> Forget(CliContext context, string node, bool json)
    {
        await using var portal = context.OpenPortal();
        var status = Required(portal);
        var url = Uri.TryCreate(node, UriKind.Absolute, out var address) ? PeerDirectory.Text(address) : node;
        var known = await portal.Log.Commit(
            Actor.Portal,
            change =>
            {
                var isKnown = PeerStore.Delete(change.Session, url);
                if (isKnown)
                    change.Note("replication.forget", url);
                return isKnown;
            }
        );
        if (!known)
            throw new RefusedException(Refusal.NotFound, $"node '{url}' not found; see `kc.eportal replication`");
        Say(context, status, $"{url} is forgotten", json);
        return CliExit.Success;
    }

    private static async Task<int> SetPromoted(CliContext context, bool isPromoted, bool json)
    {
        await using var portal = context.OpenPortal();
        var status = Required(portal);
        if (!status.IsStandby)
            throw new CliException("this is no standby node: REPLICATION_STANDBY is not set");
        await Standby.SetPromoted(portal.Log, isPromoted);
        Say(
            context,
            status,
            isPromoted
                ? "this node takes changes now; remove REPLICATION_STANDBY from the settings to keep it so"
                : "this node takes changes from other nodes only",
            json
        );
        return CliExit.Success;
    }

    /// <summary>Says what was done, or to programs how replication is after it.</summary>
    private static void Say(CliContext context, ReplicationStatus status, string sentence, bool json) =>
        context.Result(json, ReplicationReport.Of(status), ReplicationReportJson.Default.ReplicationReport, sentence);

    private static ReplicationStatus Required(Portal portal) =>
        portal.Get<ReplicationStatus>() is { IsOn: true } status
            ? status
            : throw new CliException("replication is off: set REPLICATION_SHARED_KEY, NODE_URL and LEADER_URL");

    private static string Sentence(LinkStatus link)
    {
        var lag = link.Lag is { } age
            ? string.Create(CultureInfo.InvariantCulture, $", lag {Math.Max(0, (long)age.TotalSeconds)} s")
            : "";
        var behind =
            link.Behind > 0 ? string.Create(CultureInfo.InvariantCulture, $", {link.Behind} changes behind") : "";
        var skew =
            link.Peer.Skew.Duration() >= PeerLink.WarnedSkew
                ? string.Create(CultureInfo.InvariantCulture, $", clocks differ by {link.Peer.Skew.TotalSeconds:0.0} s")
                : "";
        var differing =
            link.Peer.Differing.Count > 0 ? $", other rows of {string.Join(", ", link.Peer.Differing)}" : "";
        var error = link.Peer.Error is { } reason ? $": {reason}" : "";
        return $"{link.Peer.Url} {link.State.Token()}{lag}{behind}{skew}{differing}{error}";
    }
}
