using EPortal.Api;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.WebConsole;

namespace EPortal.Servers;

/// <summary>The console's pages of servers.</summary>
internal static class ServerPages
{
    private const string ListPath = "/servers";
    private const string OnePath = ListPath + "/{id}";

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPage(ListPath, List);
        routes.MapPage(ListPath + "/export", Export);
        ServerColumnPages.Map(routes);
        routes.MapPage(
            OnePath,
            (
                string id,
                ApiParameters parameters,
                Database database,
                Offers offers,
                PatchsetUsage usage,
                TimeProvider time
            ) =>
                ConsoleRoutes.Show<ServerPage, ServerModel>(
                    ServerModel.Read(id, parameters, database, offers, usage, time.GetUtcNow())
                )
        );
        routes.MapAction(OnePath + "/tags", Tag).ResumesForm();
        routes.MapAction(OnePath + "/move", Move).ResumesForm();
        routes.MapAction(OnePath + "/delete", Delete);
    }

    /// <summary>Address of a server's page.</summary>
    public static string PathOf(Server server) => $"{ListPath}/{Uri.EscapeDataString(server.Id)}";

    private static Task<IResult> List(
        ApiParameters parameters,
        Database database,
        Offers offers,
        PatchsetUsage usage,
        TimeProvider time,
        HttpContext context
    )
    {
        var (filters, columns) = (ServerFilters.Read(parameters), ServerColumnPages.ChosenBy(context));
        if (filters.PressedOrNull(parameters) is { } pressed)
            return Task.FromResult<IResult>(
                TypedResults.Redirect(pressed.Address(ConsoleRoutes.Base + ListPath, ("sort", parameters.Text("sort"))))
            );
        return ConsoleForms.Try(
            () =>
                Task.FromResult<IResult>(
                    ConsoleRoutes.Show<ServersPage, ServersModel>(
                        ServersModel.Read(parameters, filters, columns, database, offers, usage, time.GetUtcNow())
                    )
                ),
            problem =>
                ConsoleRoutes.Show<ServersPage, ServersModel>(
                    ServersModel.Refused(parameters, filters, columns, database, problem),
                    StatusCodes.Status400BadRequest
                )
        );
    }

    private static IResult Export(
        ApiParameters parameters,
        Database database,
        PatchsetUsage usage,
        ServerCsv csv,
        HttpContext context
    )
    {
        var query = database.Read(session => ServerFilters.Read(parameters).ToQuery(session, usage)) with
        {
            Order = ServersModel.OrderOf(parameters),
        };
        var servers = csv.Select(query);
        return TypedResults.Stream(
            to => csv.Write(to, servers, FleetSecrets.AreOnPagesFor(context), context.RequestAborted),
            "text/csv; charset=utf-8",
            "servers.csv"
        );
    }

    private static Task<IResult> Tag(
        string id,
        ApiParameters parameters,
        ServerStore servers,
        Database database,
        Offers offers,
        PatchsetUsage usage,
        TimeProvider time,
        HttpContext context
    )
    {
        var tags = parameters.Raw("tags") ?? "";
        var server = ServerModel.Read(id, parameters, database, offers, usage, time.GetUtcNow()).Server;
        return ConsoleForms.Try(
            async () =>
            {
                await servers.Tag(context.Actor(), server.ServerId, tags, FormVersion.SeenOrNull(parameters));
                return ConsoleRoutes.Back(context, PathOf(server), "The tags were changed.");
            },
            problem =>
                Again(
                    ServerModel
                        .Read(id, parameters, database, offers, usage, time.GetUtcNow(), problem)
                        .WithTags(parameters, tags)
                )
        );
    }

    private static Task<IResult> Move(
        string id,
        ApiParameters parameters,
        ServerBulk bulk,
        Database database,
        Offers offers,
        PatchsetUsage usage,
        TimeProvider time,
        HttpContext context
    )
    {
        var server = ServerModel.Read(id, parameters, database, offers, usage, time.GetUtcNow()).Server;
        return ConsoleForms.Try(
            async () =>
            {
                var key = parameters.Text("to") ?? throw new RefusedException(Refusal.Invalid, "choose a key");
                var (move, stamp) = database.Read(session =>
                    (MoveImpact.OfServers(session, offers.At(session), [server.Id], key), PreviewStamp.Of(session))
                );
                Server.KeyOf(server.Id, server.Key).RefuseUnless(FormVersion.SeenOrNull(parameters));
                if (
                    move.Reach.Nothing > 0
                    && ConfirmPages.AskOrNull(context, parameters, Question(server, key), move.Reach, stamp)
                        is { } question
                )
                    return question;
                await bulk.MoveOne(
                    context.Actor(),
                    server.Id,
                    key,
                    FormVersion.SeenOrNull(parameters),
                    session => PreviewStamp.MustBe(stamp, session)
                );
                return ConsoleRoutes.Back(context, PathOf(server), $"The server was moved to the key {key}.");
            },
            problem =>
                Again(
                    ServerModel
                        .Read(id, parameters, database, offers, usage, time.GetUtcNow(), problem)
                        .WithKey(parameters, parameters.Text("to"))
                )
        );
    }

    private static ConfirmText Question(Server server, string key) =>
        new(
            $"Move {server.Facts.Hostname} to the key {key}",
            ConsoleRoutes.Base + PathOf(server),
            server.Facts.Hostname,
            [$"The feed of the key {key} offers nothing for this server."],
            "Move the server"
        );

    private static Task<IResult> Delete(
        string id,
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
                ConsoleForms.MustBeSure(parameters);
                var server = ServerModel.Read(id, parameters, database, offers, usage, time.GetUtcNow()).Server;
                await bulk.Delete(context.Actor(), [server.Id]);
                return ConsoleRoutes.Back(context, ListPath, $"The server {server.Facts.Hostname} was deleted.");
            },
            problem => Again(ServerModel.Read(id, parameters, database, offers, usage, time.GetUtcNow(), problem))
        );

    private static IResult Again(ServerModel model) =>
        ConsoleRoutes.Show<ServerPage, ServerModel>(
            model,
            (model.TagsVersion.Conflict is null ? model.KeyVersion : model.TagsVersion).StatusOf(model.Problem)
        );
}
