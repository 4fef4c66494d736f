using System.Net;
using EPortal.Agents.Packages;
using EPortal.Data;
using EPortal.Keys;
using EPortal.Servers;

namespace EPortal.Agents;

/// <summary>The wire protocol of agents.</summary>
internal static class AgentsFeature
{
    /// <summary>Adds what agents ask for.</summary>
    /// <param name="services">Where to add.</param>
    /// <param name="dataFolder">The data folder, which keeps imported packages.</param>
    public static void AddAgents(this IServiceCollection services, string dataFolder)
    {
        services.AddSingleton<AgentOffers>();
        services.AddSingleton<AgentService>();
        services.AddSingleton(provider => new AgentPackageStore(
            AgentPackagePlaces.Of(dataFolder),
            provider.GetRequiredService<ChangeLog>()
        ));
    }

    /// <summary>Adds what only the server needs.</summary>
    /// <param name="services">Where to add.</param>
    /// <param name="registrationsPerMinute">How many hosts an address may register in a minute; 0 for any
    /// number.</param>
    /// <param name="registrationNetworks">From where hosts may register; none for anywhere.</param>
    public static void AddAgentsWeb(
        this IServiceCollection services,
        int registrationsPerMinute,
        IReadOnlyList<IPNetwork> registrationNetworks
    )
    {
        services.AddSingleton<PatchFileFastPath>();
        services.AddSingleton(new AgentPackage(AppContext.BaseDirectory));
        services.AddSingleton(provider => new RegistrationThrottle(
            registrationsPerMinute,
            registrationNetworks,
            provider.GetRequiredService<KeyGuard>(),
            provider.GetRequiredService<Registration>(),
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton<AgentRepository>();
        services.Configure<RouteOptions>(routes => routes.SetParameterPolicy<TargetConstraint>(TargetConstraint.Name));
    }

    /// <summary>Maps all calls that agents make, and the install guide.</summary>
    public static void MapAgents(this IEndpointRouteBuilder routes)
    {
        PlainEndpoints.Map(routes);
        RegisterEndpoint.Map(routes);
        CheckInEndpoints.Map(routes);
        PatchServerEndpoints.Map(routes);
        ShellEndpoints.Map(routes);
        AgentRepositoryEndpoints.Map(routes);
        DocsPages.Map(routes);
        InstallPages.Map(routes);
    }
}
