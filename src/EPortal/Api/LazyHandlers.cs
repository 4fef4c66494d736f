namespace EPortal.Api;

/// <summary>
/// Handlers that are compiled when they are first called. The framework compiles each at the start, 2 ms apiece, though
/// most of the console's are not called for days. Metadata (what the description and authorization read) is there from
/// the start as usual.
/// </summary>
internal static class LazyHandlers
{
    /// <summary>As <c>MapMethods</c> does, compiled later.</summary>
    /// <param name="routes">Where it is mapped.</param>
    /// <param name="path">Pattern of its path.</param>
    /// <param name="methods">Methods of HTTP.</param>
    /// <param name="handler">What answers; its parameters are bound as those of any minimal API handler.</param>
    public static RouteHandlerBuilder MapLazily(
        this IEndpointRouteBuilder routes,
        string path,
        IEnumerable<string> methods,
        Delegate handler
    ) => RouteHandlerServices.Map(routes, path, handler, methods, RequestDelegateFactory.InferMetadata, Create);

    private static RequestDelegateResult Create(
        Delegate handler,
        RequestDelegateFactoryOptions options,
        RequestDelegateMetadataResult? inferred
    )
    {
        var compiled = new Lazy<RequestDelegate>(() =>
            RequestDelegateFactory.Create(handler, options, inferred).RequestDelegate
        );
        return new RequestDelegateResult(context => compiled.Value(context), inferred?.EndpointMetadata ?? []);
    }
}
