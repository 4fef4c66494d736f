using EPortal.Api;

namespace EPortal.Hosting;

/// <summary>
/// HEAD wherever GET is (RFC 9110, 9.3.2): the web server leaves the body out, handlers know nothing of it.
/// </summary>
internal static class HeadRoutes
{
    /// <summary>Routes mapped here by GET are mapped by HEAD too.</summary>
    public static RouteGroupBuilder MapWithHead(this IEndpointRouteBuilder app)
    {
        // A group creates its endpoints for each reader, and both routing and description read them: they are compiled
        // once here.
        var once = new DetachedRoutes(app);
        var group = once.MapGroup("");
        app.DataSources.Add(new CompositeEndpointDataSource(once.DataSources));
        ((IEndpointConventionBuilder)group).Finally(endpoint =>
        {
            for (var at = 0; at < endpoint.Metadata.Count; at++)
            {
                if (
                    endpoint.Metadata[at] is IHttpMethodMetadata { HttpMethods: var methods }
                    && methods.Contains(HttpMethods.Get, StringComparer.OrdinalIgnoreCase)
                    && !methods.Contains(HttpMethods.Head, StringComparer.OrdinalIgnoreCase)
                    && !endpoint.Metadata.OfType<NoHead>().Any()
                )
                    endpoint.Metadata[at] = new HttpMethodMetadata([.. methods, HttpMethods.Head]);
            }
        });
        return group;
    }

    /// <summary>Routes whose endpoints the application gets from somewhere else.</summary>
    private sealed class DetachedRoutes(IEndpointRouteBuilder app) : IEndpointRouteBuilder
    {
        public IServiceProvider ServiceProvider => app.ServiceProvider;

        public ICollection<EndpointDataSource> DataSources { get; } = [];

        public IApplicationBuilder CreateApplicationBuilder() => app.CreateApplicationBuilder();
    }
}
