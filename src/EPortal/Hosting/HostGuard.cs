using EPortal.AgentClient.Wire;
using EPortal.Api;

namespace EPortal.Hosting;

/// <summary>
/// Pages need to know where they are, so for them the name that a request names the portal by must be one. Calls are
/// served under any name, and without one.
/// </summary>
internal sealed class HostGuard(RequestDelegate next)
{
    /// <summary>Refuses or passes on.</summary>
    public Task Invoke(HttpContext context)
    {
        var request = context.Request;
        var isPage = request.Path.StartsWithSegments("/admin") && !request.Path.StartsWithSegments(ApiRoutes.Base);
        return !isPage || Uri.TryCreate($"{request.Scheme}://{request.Host}/", UriKind.Absolute, out _)
            ? next(context)
            : ApiErrors.Write(context, StatusCodes.Status400BadRequest, ErrorAnswer.BadRequest, "invalid Host header");
    }
}
