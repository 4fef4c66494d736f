using EPortal.Api;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.WebConsole;

namespace EPortal.Servers;

/// <summary>The console's overview of a selection of servers.</summary>
internal static class OverviewPages
{
    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPage("/overview", Show);

    private static Task<IResult> Show(
        ApiParameters parameters, Database database, Offers offers, PatchsetUsage usage, ServerMaps maps, TimeProvider time, CancellationToken cancel)
    {
        var filters = ServerFilters.Read(parameters);
        return ConsoleForms.Try(
            async () =>
            {
                var map = database.Read(ServerOverview.NeedsMap) ? await maps.Get(cancel) : null;
                return ConsoleRoutes.Show<OverviewPage, OverviewModel>(OverviewModel.Read(filters, database, offers, usage, time.GetUtcNow(), map));
            },
            problem => ConsoleRoutes.Show<OverviewPage, OverviewModel>(OverviewModel.Refused(filters, database, problem), StatusCodes.Status400BadRequest));
    }
}
