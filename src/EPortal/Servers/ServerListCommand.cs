using System.CommandLine;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Hosting;
using EPortal.Keys;
using EPortal.Servers.Search;

namespace EPortal.Servers;

/// <summary><c>kc.eportal server list</c>.</summary>
internal sealed class ServerListCommand
{
    /// <summary>Short names beside those that the API has.</summary>
    private static readonly Dictionary<string, string> s_columns = new(StringComparer.Ordinal)
    {
        ["level"] = "patch_level",
        ["kernel"] = "euname",
    };

    private readonly Option<string?> _hostname = CliOptions.Value<string>(
        "host name; % stands for any text",
        "--hostname"
    );
    private readonly Option<string?> _ip = CliOptions.Value<string>("address; % stands for any text", "--ip");
    private readonly Option<string?> _key = CliOptions.Value<string>("registration key", "--key");
    private readonly Option<string?> _feed = CliOptions.Value<string>("feed", "--feed");
    private readonly Option<string?> _tag = CliOptions.Value<string>("one of the server's tags, exactly", "--tag");
    private readonly Option<string?> _status = CliOptions.Choice(
        "status of the server",
        [.. ServerConditions.All.Select(one => one.Token)],
        token => ServerConditions.ParseOrNull(token) is not null,
        "--status"
    );
    private readonly Option<string?> _kernel = CliOptions.Value<string>(
        "effective kernel; % stands for any text",
        "--kernel"
    );
    private readonly Option<string?> _sort = CliOptions.Value<string>(
        $"order by {string.Join(", ", Sorts)}; - before it reverses the order",
        "--sort"
    );
    private readonly Option<int?> _limit = CliOptions.Value<int?>(
        $"maximum number of rows (1000 by default, up to {ServerQuery.MaxLimit})",
        "--limit"
    );
    private readonly Option<int?> _offset = CliOptions.Value<int?>("rows to skip", "--offset");
    private readonly Option<bool> _json = CliOptions.Json();

    private static IEnumerable<string> Sorts =>
        ServerOrder.Columns.Select(column => s_columns.FirstOrDefault(pair => pair.Value == column).Key ?? column);

    /// <summary>The command.</summary>
    public static Command Create(CliContext context) => new ServerListCommand().Build(context);

    private Command Build(CliContext context)
    {
        _sort.HelpName = "COLUMN";
        _sort.CompletionSources.Add([.. Sorts]);
        _feed.CompletionSources.Add(StoredNames.OfFeeds(context));
        _key.CompletionSources.Add(StoredNames.Of(context, KeyStore.Names));
        _sort.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => OrderOrNull(token.Value) is null))
                result.AddError($"invalid sort column '{token.Value}': use {string.Join(", ", Sorts)}");
        });
        var command = new Command(
            "list",
            """
            list servers

            examples:
              kc.eportal server list --hostname 'web%' --feed test
              kc.eportal server list --status outdated --sort -checkin --limit 50 --offset 50
            """
        )
        {
            _hostname,
            _ip,
            _key,
            _feed,
            _tag,
            _status,
            _kernel,
            _sort,
            _limit,
            _offset,
            _json,
        };
        command.SetAction(
            async (parsed, _) =>
            {
                await using var portal = context.OpenPortal();
                // Of a mistyped name nobody is to think that no server has it.
                if (parsed.GetValue(_feed) is { } followed)
                    portal.Feeds.Get(followed);
                if (parsed.GetValue(_key) is { } used)
                    portal.Database.Read(session => KeyStore.Get(session, used));
                Show(
                    context,
                    portal.Database.Read(session =>
                        FoundServers.Of(session, QueryOf(parsed), portal.Offers, portal.Time.GetUtcNow())
                    ),
                    parsed
                );
            }
        );
        return command;
    }

    private ServerQuery QueryOf(ParseResult parsed) =>
        new()
        {
            Hostname = parsed.GetValue(_hostname),
            Ip = parsed.GetValue(_ip),
            Key = parsed.GetValue(_key),
            Feed = parsed.GetValue(_feed),
            Tag = parsed.GetValue(_tag),
            Condition = parsed.GetValue(_status) is { } token ? ServerConditions.ParseOrNull(token) : null,
            Profile = new ProfileFilter { Euname = parsed.GetValue(_kernel) },
            Order = parsed.GetValue(_sort) is { } sort ? OrderOrNull(sort) : null,
            Limit = parsed.GetValue(_limit) ?? new ServerQuery().Limit,
            Offset = parsed.GetValue(_offset) ?? 0,
        };

    private static ServerOrder? OrderOrNull(string token)
    {
        var (hyphen, column) = token.StartsWith('-') ? ("-", token[1..]) : ("", token);
        return ServerOrder.ParseOrNull(hyphen + s_columns.GetValueOrDefault(column, column));
    }

    private void Show(CliContext context, FoundServers page, ParseResult parsed)
    {
        if (parsed.GetValue(_json))
            context.Json([.. page.Servers.Select(ServerRow.From)], ServerRowsJson.Default.ServerRowArray);
        else
            Write(context, page, parsed.GetValue(_offset) ?? 0);
        var next = (parsed.GetValue(_offset) ?? 0) + page.Servers.Count;
        if (page.Servers.Count > 0 && (next < page.Matches.Count || !page.Matches.IsExact))
            context.Note(
                $"{page.Servers.Count} of {(page.Matches.IsExact ? "" : "more than ")}{Plural.Of(page.Matches.Count, "server")}; --offset {next} shows the next"
            );
    }

    private static void Write(CliContext context, FoundServers page, int offset)
    {
        var table = new CliTable(
            "Id",
            "Hostname",
            "IP",
            "Key",
            "Feed",
            CliColumn.Number("Level"),
            "Status",
            "Effective kernel",
            "Last check-in",
            "Tags"
        )
        {
            Empty =
                page.Registered == 0
                    ? "no servers yet; on a host, run: curl -s http://PORTAL/install-kernelcare | bash && kcarectl --register KEY"
                : offset > 0 ? $"no more servers match: {Plural.Of(page.Matches.Count, "server")} in total"
                : "no server matches",
        };
        foreach (var s in page.Servers)
        {
            table.Add(
                s.ServerId,
                s.Facts.Hostname,
                s.Facts.Ip,
                s.Key,
                s.Feed,
                s.Facts.PatchLevel,
                s.Inactive ? $"{((ServerCondition)s.Status).Token()}, inactive" : s.ConditionOf().Token(),
                s.Facts.Euname,
                ServerCommands.Time(s.Checkin),
                s.Tags
            );
        }

        table.Write(context);
    }
}
