using System.CommandLine;
using System.Globalization;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Hosting;
using EPortal.Keys;

namespace EPortal.Servers;

/// <summary><c>kc.eportal server</c> and <c>--list-servers</c>.</summary>
internal static class ServerCommands
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context) => new("server", "look after registered servers")
    {
        Clean(context), List(context), History(context), Delete(context), Tag(context),
    };

    /// <summary>Prints how many servers each key has.</summary>
    public static async Task ListByKey(CliContext context, bool json)
    {
        await using var portal = context.OpenPortal();
        var counts = portal.Servers.CountByKey();
        if (json)
        {
            context.Json([.. counts.Select(c => new CountRow(c.Key, c.Count))], ServerRowsJson.Default.CountRowArray);
            return;
        }

        // Scripts read this table, so it is the same on a terminal.
        var table = new CliTable(CliColumn.Number("Count"), new CliColumn("Key", MinWidth: 32));
        foreach (var count in counts)
            table.Add(count.Count, count.Key);
        table.WritePlain(context.Out);
    }

    private static Command Clean(CliContext context)
    {
        var inactive = CliOptions.Flag("servers that have not checked in", "--inactive");
        inactive.Required = true;
        var days = CliOptions.Value<int?>($"for so many days ({ServerStore.CleanAfterDays} by default)", "--days");
        var json = CliOptions.Json();
        var command = new Command("clean", """
            delete inactive servers

            example:
              kc.eportal server clean --inactive --days 60
            """) { inactive, days, json };
        command.Validators.Add(result =>
        {
            // A flag always has a value, so the parser never misses it.
            if (!result.GetValue(inactive))
                result.AddError("which servers is missing: --inactive.");
        });
        command.SetAction(async (parsed, _) =>
        {
            await using var portal = context.OpenPortal();
            var count = await portal.Servers.CleanInactive(
                context.Operator(), parsed.GetValue(days) ?? ServerStore.CleanAfterDays);
            Deleted(context, count, parsed.GetValue(json));
        });
        return command;
    }

    private static Command List(CliContext context)
    {
        var hostname = CliOptions.Value<string>("host name; % stands for any text", "--hostname");
        var key = CliOptions.Value<string>("registration key", "--key");
        var feed = CliOptions.Value<string>("feed", "--feed");
        var limit = CliOptions.Value<int?>("rows at the most (1000 by default)", "--limit");
        var json = CliOptions.Json();
        var command = new Command("list", """
            list servers

            example:
              kc.eportal server list --hostname 'web%' --feed test
            """) { hostname, key, feed, limit, json };
        command.SetAction(async (parsed, _) =>
        {
            await using var portal = context.OpenPortal();
            // Of a mistyped name nobody is to think that no server has it.
            if (parsed.GetValue(feed) is { } followed)
                portal.Feeds.Get(followed);
            if (parsed.GetValue(key) is { } used)
                portal.Database.Read(session => KeyStore.Get(session, used));
            var query = new ServerQuery
            {
                Hostname = parsed.GetValue(hostname),
                Key = parsed.GetValue(key),
                Feed = parsed.GetValue(feed),
                Limit = parsed.GetValue(limit) ?? new ServerQuery().Limit,
            };
            Show(context, portal.Servers.List(query, portal.Offers), parsed.GetValue(json));
        });
        return command;
    }

    private static void Show(CliContext context, IReadOnlyList<Server> servers, bool json)
    {
        if (json)
        {
            context.Json([.. servers.Select(ServerRow.From)], ServerRowsJson.Default.ServerRowArray);
            return;
        }

        var table = new CliTable("Id", "Hostname", "IP", "Key", "Feed", CliColumn.Number("Level"), "Status", "Effective kernel", "Last check-in", "Tags");
        foreach (var s in servers)
        {
            table.Add(
                s.ServerId, s.Facts.Hostname, s.Facts.Ip, s.Key, s.Feed, s.Facts.PatchLevel,
                s.Inactive ? $"{s.Status.Token()}, inactive" : s.Status.Token(), s.Facts.Euname, Time(s.Checkin), s.Tags);
        }

        table.Write(context);
    }

    private static Command History(CliContext context)
    {
        var id = CliOptions.Required("server_id", "id of the server");
        var json = CliOptions.Json();
        var command = new Command("history", "show what changed about a server, newest first") { id, json };
        command.SetAction(async (parsed, _) =>
        {
            await using var portal = context.OpenPortal();
            var server = parsed.GetValue(id)!;
            if (!portal.Agents.IsKnown(server))
                throw new RefusedException(Refusal.NotFound, $"There is no server '{server}'.");
            var events = portal.Servers.History(server, ServerQuery.MaxLimit);
            if (parsed.GetValue(json))
            {
                context.Json([.. events.Select(e => new EventRow(Time(e.At), e.What, e.Was, e.Became))], ServerRowsJson.Default.EventRowArray);
                return;
            }

            var table = new CliTable("Time", "What", "Was", "Became");
            foreach (var e in events)
                table.Add(Time(e.At), e.What, e.Was, e.Became);
            table.Write(context);
        });
        return command;
    }

    private static Command Delete(CliContext context)
    {
        var hostname = CliOptions.Value<string>("host name", "--hostname");
        var ip = CliOptions.Value<string>("address", "--ip");
        var id = CliOptions.Value<string>("server id", "--id");
        var json = CliOptions.Json();
        var command = new Command("delete", "delete servers by host name, address or id") { hostname, ip, id, json };
        command.Validators.Add(result =>
        {
            if (result.GetValue(hostname) is null && result.GetValue(ip) is null && result.GetValue(id) is null)
                result.AddError("one of --hostname, --ip and --id must be given.");
        });
        command.SetAction(async (parsed, _) =>
        {
            await using var portal = context.OpenPortal();
            var count = await portal.Servers.Delete(
                context.Operator(), parsed.GetValue(hostname), parsed.GetValue(ip), parsed.GetValue(id));
            Deleted(context, count, parsed.GetValue(json));
        });
        return command;
    }

    private static Command Tag(CliContext context)
    {
        var id = CliOptions.Required("server_id", "id of the server");
        var tags = CliOptions.Required("tags", "tags, ; between them; '' removes all");
        var json = CliOptions.Json();
        var command = new Command("tag", """
            replace the tags of a server

            example:
              kc.eportal server tag 99c97tz44uKX13b5 'env:prod;ubuntu'
            """) { id, tags, json };
        command.SetAction(async (parsed, _) =>
        {
            await using var portal = context.OpenPortal();
            if (!await portal.Servers.Tag(context.Operator(), parsed.GetValue(id)!, parsed.GetValue(tags)!))
                throw new RefusedException(Refusal.NotFound, $"There is no server '{parsed.GetValue(id)}'.");
            var row = new TaggedRow(parsed.GetValue(id)!, ServerStore.Normalise(parsed.GetValue(tags)!));
            context.Result(parsed.GetValue(json), row, ServerRowsJson.Default.TaggedRow, "tags were set");
        });
        return command;
    }

    private static void Deleted(CliContext context, int count, bool json) =>
        context.Result(json, new DeletedRow(count), ServerRowsJson.Default.DeletedRow, $"{count} servers were deleted");

    private static string Time(DateTimeOffset? time) =>
        time?.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "never";
}
