using EPortal.AgentClient.Wire;
using EPortal.Api;
using Microsoft.Extensions.Primitives;

namespace EPortal.Hosting;

/// <summary>
/// Refuses requests that name the portal in letters of other scripts wrongly (RFC 3492): whoever looks at such a name
/// would fail. Ahead of everything, so it looks closer only at what has such a name.
/// </summary>
internal sealed class HostNameCheck(RequestDelegate next)
{
    private const string ForwardedHost = "X-Forwarded-Host";
    private const string Prefix = "xn--";

    /// <summary>Refuses or passes on.</summary>
    public Task Invoke(HttpContext context) =>
        AreNames(context.Request.Headers.Host) && AreNames(context.Request.Headers[ForwardedHost])
            ? next(context)
            : ApiErrors.Write(context, StatusCodes.Status400BadRequest, ErrorAnswer.BadRequest, "invalid Host header");

    private static bool AreNames(StringValues header)
    {
        foreach (var value in header)
        {
            if (value?.Contains(Prefix, StringComparison.OrdinalIgnoreCase) == true && !value.Split(',').All(IsName))
                return false;
        }

        return true;
    }

    private static bool IsName(string text)
    {
        try
        {
            _ = HostString.FromUriComponent(text.Trim()).ToUriComponent();
            return true;
        }
        catch (ArgumentException)
        {
            return false; // How the framework says that it cannot be decoded, or encoded again.
        }
    }
}
