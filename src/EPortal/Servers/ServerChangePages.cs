using System.Globalization;
using EPortal.Api;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.WebConsole;

namespace EPortal.Servers;

/// <summary>Changes to many servers, in two steps: which and what, shown with how many they are; then the change itself.</summary>
internal static class ServerChangePages
{
    private const string Path = "/servers/change";
    private const string All = "all";
    private const int Examples = 5;

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapAction(Path, (ApiParameters parameters, ServerBulk bulk, Database database, Offers offers, PatchsetUsage usage, TimeProvider time) =>
            Ask(parameters.Required("what"), parameters, bulk, database, offers, usage, time, problem: null)).KeepsForm(); // it asks, and changes nothing
        routes.MapAction(Path + "/{what}", Do).KeepsForm();
    }

    private static IResult Ask(
        string what, ApiParameters parameters, ServerBulk bulk, Database database, Offers offers, PatchsetUsage usage, TimeProvider time, string? problem)
    {
        if (!ServerChangeModel.Kinds.Any(kind => kind.Token == what))
            throw new RefusedException(Refusal.Invalid, "There is no such change.");
        var servers = Chosen(parameters, bulk, database, usage);
        if (servers.Count == 0)
            throw new RefusedException(Refusal.Invalid, "No server was chosen: tick some, or choose all that match.");
        var (examples, keys) = database.Read(session => (
            servers.Take(Examples).SelectMany(id => new ServerQuery { Birth = id }.Run(session, offers, time.GetUtcNow())).ToList(), KeyStore.Names(session)));
        var filters = ServerFilters.Read(parameters);
        IEnumerable<(string, string?)> which = IsAll(parameters) ? [("scope", All), ("agreed", servers.Count.ToString(CultureInfo.InvariantCulture))] : servers.Select(id => ("server", (string?)id));
        var address = (IsAll(parameters) ? filters : ServerFilters.None).Address($"/admin{Path}/{what}", which);
        return ConsoleRoutes.Show<ServerChangePage, ServerChangeModel>(
            new ServerChangeModel(what, servers.Count, address, examples, keys, parameters.Text("tags") ?? parameters.Text("to"), problem),
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    private static Task<IResult> Do(
        string what, ApiParameters parameters, ServerBulk bulk, Database database, Offers offers, PatchsetUsage usage, TimeProvider time, HttpContext context) => ConsoleForms.Try(
            async () =>
            {
                var servers = Chosen(parameters, bulk, database, usage);
                if (IsAll(parameters) && servers.Count > (parameters.Number("agreed", 0, int.MaxValue) ?? 0))
                    throw new RefusedException(Refusal.Invalid, "Nothing was changed: more servers match now than when you were asked.");
                return ConsoleRoutes.Back(context, "/servers", await Perform(what, context.Actor(), servers, parameters, bulk, FilterOf(parameters)));
            },
            problem => Ask(what, parameters, bulk, database, offers, usage, time, problem));

    private static async Task<string> Perform(string what, Actor actor, IReadOnlyList<string> servers, ApiParameters parameters, ServerBulk bulk, string? filter)
    {
        switch (what)
        {
            case ServerChangeModel.AddTags:
                return $"{Figure.Of(await bulk.AddTags(actor, servers, parameters.Required("tags"), filter), "server was", "servers were")} tagged.";
            case ServerChangeModel.RemoveTags:
                return $"Tags were removed from {Figure.Of(await bulk.RemoveTags(actor, servers, parameters.Required("tags"), filter), "server", "servers")}.";
            case ServerChangeModel.Move:
                var key = parameters.Required("to");
                return $"{Figure.Of(await bulk.Move(actor, servers, key, filter), "server was", "servers were")} moved to the key {key}.";
            case ServerChangeModel.Delete:
                ConsoleForms.MustBeSure(parameters);
                return $"{Figure.Of(await bulk.Delete(actor, servers, filter), "server was", "servers were")} deleted.";
            default:
                throw new RefusedException(Refusal.NotFound, "There is no such change.");
        }
    }

    /// <summary>The servers meant: those ticked, or all that the filters of the list match.</summary>
    private static IReadOnlyList<string> Chosen(ApiParameters parameters, ServerBulk bulk, Database database, PatchsetUsage usage) => IsAll(parameters)
        ? bulk.Select(database.Read(session => ServerFilters.Read(parameters).ToQuery(session, usage)) with { Order = ServerOrder.Default })
        : parameters.Texts("server");

    /// <summary>How they were chosen, for the user log; null for those ticked.</summary>
    private static string? FilterOf(ApiParameters parameters) => IsAll(parameters) ? ServerFilters.Read(parameters).Address("").TrimStart('?') : null;

    private static bool IsAll(ApiParameters parameters) => parameters.Text("scope") == All;
}
