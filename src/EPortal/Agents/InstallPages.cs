using EPortal.Agents.Packages;
using EPortal.Api;
using EPortal.WebConsole;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EPortal.Agents;

/// <summary>The install guide without login: it names no key. After a login the full guide is shown.</summary>
internal static class InstallPages
{
    private const string Whole = ConsoleRoutes.Base + "/docs";

    /// <summary>Placeholder for the key.</summary>
    private const string SomeKey = "KEY";

    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        if (routes.ServiceProvider.GetRequiredService<PublicIndex>().IsOpen)
            routes.MapLazily(PublicIndex.Address, [HttpMethods.Get], Show).AllowAnonymous();
        else
            routes.MapPage(PublicIndex.Path, () => TypedResults.Redirect(Whole));
    }

    private static RazorComponentResult<PageHost<InstallPage, InstallModel>> Show(
        HttpContext context,
        AgentPackage package,
        AgentRepository repository
    )
    {
        var portal = PortalAddress.Of(context.Request);
        return ConsoleRoutes.Show<InstallPage, InstallModel>(
            new InstallModel(
                portal,
                new InstallGuide(portal, SomeKey, "").OnTheHost,
                package.PathOrNull is not null || repository.HasPackages
            )
        );
    }
}

/// <summary>What the guide without login shows.</summary>
/// <param name="Portal">This portal's address.</param>
/// <param name="Steps">The steps.</param>
/// <param name="HasAgent">Whether this portal has the agent to serve.</param>
internal sealed record InstallModel(string Portal, IReadOnlyList<GuideStep> Steps, bool HasAgent);
