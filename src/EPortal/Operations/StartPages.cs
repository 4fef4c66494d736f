using EPortal.WebConsole;

namespace EPortal.Operations;

/// <summary>What the first page shows.</summary>
/// <param name="Fleet">The fleet; null while it could not be counted.</param>
internal sealed record StartModel(Fleet? Fleet);

/// <summary>The console's first page.</summary>
internal static class StartPages
{
    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPage("", async (FleetPicture picture, CancellationToken cancel) =>
        ConsoleRoutes.Show<StartPage, StartModel>(new StartModel(await picture.Get(cancel))));
}
