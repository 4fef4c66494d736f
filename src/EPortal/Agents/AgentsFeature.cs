using EPortal.Agents.Packages;

namespace EPortal.Agents;

/// <summary>The wire protocol of agents: its services and its calls.</summary>
internal static class AgentsFeature
{
    /// <summary>Adds what routes of agents need.</summary>
    public static void AddAgents(this IServiceCollection services)
    {
        services.AddSingleton<PatchFileFastPath>();
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
