using System.Globalization;
using EPortal.Api;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Servers.Search;
using EPortal.WebConsole;

namespace EPortal.Servers;

/// <summary>
/// Changes to many servers, in two steps: which and what, shown with how many they are; then the change itself.
/// </summary>
internal static class ServerChangePages
{
    private const string Path = "/servers/change";
    private const string All = "all";
    private const int Examples = 5;

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes
            .MapAction(
                Path,
                (
                    ApiParameters parameters,
                    ServerBulk bulk,
                    Database database,
                    Offers offers,
                    PatchsetUsage usage,
                    TimeProvider time,
                    HttpContext context
                ) => AskOrGoBack(parameters, bulk, database, offers, usage, time, context)
            )
            .ResumesForm(); // it asks, and changes nothing
        routes.MapAction(Path + "/{what}", Do).ResumesForm();
    }

    /// <summary>Asks for confirmation; without selected servers the list is shown again.</summary>
    private static IResult AskOrGoBack(
        ApiParameters parameters,
        ServerBulk bulk,
        Database database,
        Offers offers,
        PatchsetUsage usage,
        TimeProvider time,
        HttpContext context
    )
    {
        try
        {
            return Ask(parameters.Text("what") ?? "", parameters, bulk, database, offers, usage, time, problem: null);
        }
        catch (RefusedException e) when (e.Reason == Refusal.Invalid)
        {
            return ConsoleRoutes.Refused(context, ListOf(parameters), e.Message);
        }
    }

    private static IResult Ask(
        string what,
        ApiParameters parameters,
        ServerBulk bulk,
        Database database,
        Offers offers,
        PatchsetUsage usage,
        TimeProvider time,
        string? problem
    )
    {
        if (!ServerChangeModel.Kinds.Any(kind => kind.Token == what))
            throw new RefusedException(Refusal.Invalid, "unknown action");
        var servers = Chosen(parameters, bulk, database, usage);
        if (servers.Count == 0)
            throw new RefusedException(Refusal.Invalid, "select servers that still exist, or choose all that match");
        var (examples, keys) = database.Read(session =>
            (
                servers
                    .Take(Examples)
                    .SelectMany(id => new ServerQuery { Id = id }.Run(session, offers, time.GetUtcNow()))
                    .ToList(),
                KeyStore.Feeds(session)
            )
        );
        IEnumerable<(string, string?)> which = IsAll(parameters)
            ? [("scope", All), ("agreed", servers.Count.ToString(CultureInfo.InvariantCulture))]
            : servers.Select(id => ("server", (string?)id));
        var address = ServerFilters
            .Read(parameters)
            .Address($"{ConsoleRoutes.Base}{Path}/{what}", ServersModel.PlaceOf(parameters).Concat(which));
        return ConsoleRoutes.Show<ServerChangePage, ServerChangeModel>(
            new ServerChangeModel(
                what,
                servers.Count,
                address,
                examples,
                keys,
                ConsoleRoutes.Base + ListOf(parameters),
                parameters.Text("tags") ?? parameters.Text("to"),
                problem
            ),
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest
        );
    }

    private static Task<IResult> Do(
        string what,
        ApiParameters parameters,
        ServerBulk bulk,
        Database database,
        Offers offers,
        PatchsetUsage usage,
        TimeProvider time,
        HttpContext context
    ) =>
        ConsoleForms.Try(
            async () =>
            {
                var servers = Chosen(parameters, bulk, database, usage);
                if (IsAll(parameters) && servers.Count > (parameters.Number("agreed", 0, int.MaxValue) ?? 0))
                    throw new RefusedException(
                        Refusal.Invalid,
                        "nothing changed: more servers match now than you confirmed"
                    );
                if (what == ServerChangeModel.Move)
                    return await Move(servers, parameters, bulk, database, offers, context);
                return ConsoleRoutes.Back(
                    context,
                    ListOf(parameters),
                    await Perform(what, context.Actor(), servers, parameters, bulk, FilterOf(parameters))
                );
            },
            problem => Ask(what, parameters, bulk, database, offers, usage, time, problem)
        );

    private static async Task<string> Perform(
        string what,
        Actor actor,
        IReadOnlyList<string> servers,
        ApiParameters parameters,
        ServerBulk bulk,
        string? filter
    )
    {
        switch (what)
        {
            case ServerChangeModel.AddTags:
                return $"{NumberText.Of(await bulk.AddTags(actor, servers, ConsoleForms.Typed(parameters, "tags", "at least one tag"), filter), "server was", "servers were")} tagged.";
            case ServerChangeModel.RemoveTags:
                return $"Tags were removed from {NumberText.Of(await bulk.RemoveTags(actor, servers, ConsoleForms.Typed(parameters, "tags", "at least one tag"), filter), "server", "servers")}.";
            case ServerChangeModel.Delete:
                ConsoleForms.MustBeSure(parameters);
                return $"{NumberText.Of(await bulk.Delete(actor, servers, filter), "server was", "servers were")} deleted.";
            default:
                throw new RefusedException(Refusal.NotFound, "unknown action");
        }
    }

    /// <summary>
    /// Moves them; when their feed becomes another by that, it is shown first how many are offered something else.
    /// </summary>
    private static async Task<IResult> Move(
        IReadOnlyList<string> servers,
        ApiParameters parameters,
        ServerBulk bulk,
        Database database,
        Offers offers,
        HttpContext context
    )
    {
        var key =
            parameters.Text("to")
            ?? throw new RefusedException(Refusal.Invalid, "choose the key to move the servers to");
        var (move, feed, stamp) = database.Read(session =>
            (
                MoveImpact.OfServers(session, offers.At(session), servers, key),
                KeyStore.Get(session, key).Feed,
                PreviewStamp.Of(session)
            )
        );
        var text = new ConfirmText(
            $"Move {NumberText.Of(servers.Count, "server", "servers")} to the key {key}",
            ConsoleRoutes.Base + ListOf(parameters),
            "Servers",
            [
                $"{NumberText.Of(servers.Count, "server", "servers")} will move to the key {key} and the feed {feed}; for {NumberText.Of(move.Elsewhere)} of them the feed or the allowed products change.",
            ],
            $"Move {NumberText.Of(servers.Count, "server", "servers")}"
        );
        if (move.Elsewhere > 0 && ConfirmPages.AskOrNull(context, parameters, text, move.Reach, stamp) is { } question)
            return question;
        var moved = await bulk.Move(
            context.Actor(),
            servers,
            key,
            FilterOf(parameters),
            session => PreviewStamp.MustBe(stamp, session)
        );
        return ConsoleRoutes.Back(
            context,
            ListOf(parameters),
            $"{NumberText.Of(moved, "server was", "servers were")} moved to the key {key}."
        );
    }

    /// <summary>The list that they were chosen from, as it was shown.</summary>
    private static string ListOf(ApiParameters parameters) =>
        ServerFilters.Read(parameters).Address("/servers", ServersModel.PlaceOf(parameters));

    /// <summary>The selected servers, or all that match the filters of the list.</summary>
    private static IReadOnlyList<string> Chosen(
        ApiParameters parameters,
        ServerBulk bulk,
        Database database,
        PatchsetUsage usage
    ) =>
        IsAll(parameters)
            ? bulk.Select(
                database.Read(session => ServerFilters.Read(parameters).ToQuery(session, usage)) with
                {
                    Order = ServerOrder.Default,
                }
            )
            : bulk.Existing(parameters.Texts("server"));

    /// <summary>The filter that chose them, for the user log; null for selected servers.</summary>
    private static string? FilterOf(ApiParameters parameters) =>
        IsAll(parameters) ? ServerFilters.Read(parameters).Address("").TrimStart('?') : null;

    private static bool IsAll(ApiParameters parameters) => parameters.Text("scope") == All;
}
