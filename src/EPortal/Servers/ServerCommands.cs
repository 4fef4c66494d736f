using System.CommandLine;
using System.Globalization;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Hosting;
using EPortal.Servers.Search;

namespace EPortal.Servers;

/// <summary><c>kc.eportal server</c> and <c>--list-servers</c>.</summary>
internal static class ServerCommands
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context) =>
        new("server", "manage registered servers")
        {
            ServerListCommand.Create(context),
            History(context),
            Tag(context),
            ServerDeleteCommands.Delete(context),
            ServerDeleteCommands.Clean(context),
        };

    /// <summary>Prints how many servers each key has.</summary>
    public static async Task ListByKey(CliContext context, bool json)
    {
        await using var portal = context.OpenPortal();
        var counts = portal.Servers.CountByKey();
        if (json)
        {
            context.Json([.. counts], ServerRowsJson.Default.KeyCountArray);
            return;
        }

        // Scripts read this table, so it is the same on a terminal.
        var table = new CliTable(CliColumn.Number("Count"), new CliColumn("Key", MinWidth: 32))
        {
            Empty = "no keys; create one with `kc.eportal key add`",
        };
        foreach (var count in counts)
            table.Add(count.Count, count.Key);
        table.WritePlain(context);
    }

    private static Command History(CliContext context)
    {
        var id = CliOptions.Required("server", "id or host name of the server");
        var json = CliOptions.Json();
        var command = new Command("history", "show what changed about a server, newest first") { id, json };
        command.SetAction(
            async (parsed, _) =>
            {
                await using var portal = context.OpenPortal();
                var server = IdOf(portal, parsed.GetValue(id)!);
                var events = portal.Servers.History(server, ServerQuery.MaxLimit);
                if (parsed.GetValue(json))
                {
                    context.Json(
                        [.. events.Select(e => new EventRow(Time(e.At), e.What, e.Was, e.Became))],
                        ServerRowsJson.Default.EventRowArray
                    );
                    return;
                }

                var table = new CliTable("Time", "What", "Was", "Became") { Empty = "no changes of this server yet" };
                foreach (var e in events)
                    table.Add(Time(e.At), e.What, e.Was, e.Became);
                table.Write(context);
            }
        );
        return command;
    }

    private static Command Tag(CliContext context)
    {
        var id = CliOptions.Required("server", "id or host name of the server");
        var tags = CliOptions.Required("tags", "tags, separated by semicolons; '' removes all");
        var json = CliOptions.Json();
        var command = new Command(
            "tag",
            """
            replace the tags of a server

            example:
              kc.eportal server tag 99c97tz44uKX13b5 'env:prod;ubuntu'
            """
        )
        {
            id,
            tags,
            json,
        };
        command.SetAction(
            async (parsed, _) =>
            {
                await using var portal = context.OpenPortal();
                var server = IdOf(portal, parsed.GetValue(id)!);
                if (!await portal.Servers.Tag(context.Operator(), server, parsed.GetValue(tags)!))
                    throw new RefusedException(Refusal.NotFound, $"server '{server}' not found");
                var row = new TaggedRow(server, ServerStore.Normalise(parsed.GetValue(tags)!));
                context.Result(parsed.GetValue(json), row, ServerRowsJson.Default.TaggedRow, "tags were set");
            }
        );
        return command;
    }

    /// <summary>The id of a server that is named by its id or, where only one has it, its host name.</summary>
    /// <exception cref="RefusedException">There is none, or several.</exception>
    private static string IdOf(Portal portal, string name)
    {
        if (portal.Agents.IsKnown(name))
            return name;
        var found = new ServerPreview(portal.Database, portal.Time).OfDelete(name, ip: null, serverId: null);
        return found.Count switch
        {
            1 => found.First[0].Id,
            0 => throw new RefusedException(
                Refusal.NotFound,
                $"server '{name}' not found; see `kc.eportal server list`"
            ),
            _ => throw new RefusedException(
                Refusal.Conflict,
                $"{found.Count} servers have the host name '{name}': use an id, such as {found.First[0].Id}"
            ),
        };
    }

    /// <summary>A time as tables show it, UTC.</summary>
    public static string Time(DateTimeOffset? time) =>
        time?.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "never";
}
