using System.Text.RegularExpressions;
using EPortal.Data;

namespace EPortal.Agents;

/// <summary>
/// The address of this portal, as the caller knows it. It comes from the request, so it is accepted only when it is a
/// plain host name (international ones in xn-- form) or address; then a shell cannot read it as anything else.
/// </summary>
internal static partial class PortalAddress
{
    /// <summary>The address, without a slash at the end.</summary>
    /// <exception cref="RefusedException">The request names no plain host.</exception>
    public static string Of(HttpRequest request) =>
        request.Scheme is "http" or "https"
        && request.Host.ToUriComponent() is var host
        && PlainHost().IsMatch(host)
        && !host.Contains("..", StringComparison.Ordinal)
        && request.Host.Port is null or (> 0 and <= 65535)
            ? $"{request.Scheme}://{host}"
            : throw new RefusedException(Refusal.Invalid, "invalid Host header: use a host name or address");

    [GeneratedRegex(@"^([A-Za-z0-9_][A-Za-z0-9_.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?\z")]
    private static partial Regex PlainHost();
}
