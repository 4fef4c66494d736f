using System.CommandLine;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Hosting;

namespace EPortal.Servers;

/// <summary><c>kc.eportal server delete</c> and <c>server clean</c>.</summary>
internal static class ServerDeleteCommands
{
    /// <summary>So many are named in a dry run.</summary>
    private const int Named = 20;

    /// <summary><c>delete</c>.</summary>
    public static Command Delete(CliContext context)
    {
        var hostname = CliOptions.Value<string>("host name", "--hostname");
        var ip = CliOptions.Value<string>("address", "--ip");
        var id = CliOptions.Value<string>("server id", "--id");
        var (yes, dryRun, json) = (CliOptions.Yes(), CliOptions.DryRun(), CliOptions.Json());
        var command = new Command(
            "delete",
            """
            delete servers by host name, address or id

            example:
              kc.eportal server delete --hostname web1.example.com --dry-run
            """
        )
        {
            hostname,
            ip,
            id,
            yes,
            dryRun,
            json,
        };
        command.Validators.Add(result =>
        {
            if (!new Option[] { hostname, ip, id }.Any(result.IsGiven))
                result.AddError("specify one of --hostname, --ip and --id");
        });
        command.SetAction(
            async (parsed, _) =>
            {
                var (name, address, server) = (parsed.GetValue(hostname), parsed.GetValue(ip), parsed.GetValue(id));
                await using var portal = context.OpenPortal();
                await Run(
                    new CliDeletion(context, parsed.GetValue(yes), parsed.GetValue(dryRun), parsed.GetValue(json)),
                    () => new ServerPreview(portal.Database, portal.Time).OfDelete(name, address, server),
                    count => $"Delete {Plural.Of(count, "server")}?",
                    () => portal.Servers.Delete(context.Operator(), name, address, server)
                );
            }
        );
        return command;
    }

    /// <summary><c>clean</c>.</summary>
    public static Command Clean(CliContext context)
    {
        var inactive = CliOptions.Flag("servers that have not checked in", "--inactive");
        inactive.Required = true;
        var days = CliOptions.Value<int?>(
            $"days without a check-in ({ServerStore.CleanAfterDays} by default)",
            "--days"
        );
        var (yes, dryRun, json) = (CliOptions.Yes(), CliOptions.DryRun(), CliOptions.Json());
        var command = new Command(
            "clean",
            """
            delete inactive servers

            example:
              kc.eportal server clean --inactive --days 60
            """
        )
        {
            inactive,
            days,
            yes,
            dryRun,
            json,
        };
        command.Validators.Add(result =>
        {
            // A flag always has a value, so the parser never misses it.
            if (!result.GetValue(inactive))
                result.AddError("specify which servers: --inactive");
        });
        command.SetAction(
            async (parsed, _) =>
            {
                var age = parsed.GetValue(days) ?? ServerStore.CleanAfterDays;
                await using var portal = context.OpenPortal();
                await Run(
                    new CliDeletion(context, parsed.GetValue(yes), parsed.GetValue(dryRun), parsed.GetValue(json)),
                    () => new ServerPreview(portal.Database, portal.Time).OfClean(age),
                    count => $"Delete {Plural.Of(count, "server")} that did not check in for {Plural.Of(age, "day")}?",
                    () => portal.Servers.CleanInactive(context.Operator(), age)
                );
            }
        );
        return command;
    }

    /// <summary>
    /// Finds what would go only where somebody is asked or wants to know; nobody is asked about nothing.
    /// </summary>
    private static async Task Run(
        CliDeletion deletion,
        Func<DeletedServers> find,
        Func<long, string> question,
        Func<Task<int>> delete
    )
    {
        var found = deletion.IsDry || (deletion.Context.InIsTerminal && !deletion.Yes) ? find() : null;
        var count =
            found is null ? await delete()
            : found.Count == 0 ? 0
            : await deletion.Run(question(found.Count), unattended: true, (int)found.Count, delete);
        if (deletion.IsDry && !deletion.AsJson)
            Name(deletion.Context, found!);
        deletion.Context.Result(
            deletion.AsJson,
            new DeletedRow(count, deletion.IsDry, deletion.IsDry ? found!.First : null),
            ServerRowsJson.Default.DeletedRow,
            $"{Plural.Of(count, "server")} {deletion.Were(count)} deleted"
        );
    }

    private static void Name(CliContext context, DeletedServers found)
    {
        foreach (var server in found.First.Take(Named))
            context.Line($"{server.Id} {server.Hostname} {server.Ip}");
        if (found.Count > Named)
            context.Line($"and {found.Count - Named} more");
    }
}
