namespace EPortal.Api;

/// <summary>Marks a route whose handler reads the body in its own way, and judges it.</summary>
internal sealed class ReadsOwnBody;

/// <summary>
/// Reads the parameters of every request that may change something before its handler runs, whether that asks for them
/// or not: nothing is changed by a request whose body was not understood.
/// </summary>
internal sealed class BodyCheck(RequestDelegate next)
{
    /// <summary>Refuses or passes on.</summary>
    public Task Invoke(HttpContext context) =>
        context.GetEndpoint() is RouteEndpoint endpoint
        && !HttpMethods.IsGet(context.Request.Method)
        && !HttpMethods.IsHead(context.Request.Method)
        && endpoint.Metadata.GetMetadata<ReadsOwnBody>() is null
            ? Checked(context)
            : next(context);

    private async Task Checked(HttpContext context)
    {
        await ApiParameters.BindAsync(context);
        await next(context);
    }
}
