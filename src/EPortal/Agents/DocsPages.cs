using EPortal.Accounts;
using EPortal.Agents.Packages;
using EPortal.Api;
using EPortal.Keys;
using EPortal.WebConsole;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace EPortal.Agents;

/// <summary>The console's page on installing the agent.</summary>
internal static class DocsPages
{
    /// <summary>Most keys to choose from; the requested one is always among them.</summary>
    private const int MaxKeys = 500;

    /// <summary>Placeholder while there is no key.</summary>
    private const string NoKey = "KEY";

    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPage("/docs", Show);

    private static RazorComponentResult<PageHost<DocsPage, DocsModel>> Show(
        ApiParameters parameters,
        KeyStore keys,
        AgentPackage package,
        AgentRepository repository,
        IOptionsMonitor<AccountAuthenticationOptions> login,
        HttpContext context
    )
    {
        IReadOnlyList<Key> all = FleetSecrets.AreOnPagesFor(context) ? keys.List() : [];
        var asked = parameters.Text("key");
        var chosen = all.FirstOrDefault(key => key.Name == asked) ?? (all.Count > 0 ? all[0] : null);
        var portal = PortalAddress.Of(context.Request);
        return ConsoleRoutes.Show<DocsPage, DocsModel>(
            new DocsModel(
                portal,
                chosen,
                [.. all.Take(MaxKeys).Union(chosen is null ? [] : [chosen])],
                new InstallGuide(portal, chosen?.Name ?? NoKey, login.Get(AccountAuthentication.Name).KeyHeader),
                package.PathOrNull is not null || repository.HasPackages,
                FleetSecrets.AreOnPagesFor(context)
            )
        );
    }
}

/// <summary>What the guide to the agent shows.</summary>
/// <param name="Portal">This portal's address.</param>
/// <param name="Key">The key filled in; null while there is none.</param>
/// <param name="Keys">Keys to choose from.</param>
/// <param name="Guide">The steps.</param>
/// <param name="HasAgent">Whether this portal has the agent to serve.</param>
/// <param name="ShowsKeys">Whether the viewer may see keys.</param>
internal sealed record DocsModel(
    string Portal,
    Key? Key,
    IReadOnlyList<Key> Keys,
    InstallGuide Guide,
    bool HasAgent,
    bool ShowsKeys
);
