using System.Net;
using EPortal.Api.Guards;

namespace EPortal.Hosting.Proxies;

/// <summary>
/// Notices proxies in front of the portal that hide who calls: they send no <c>X-Forwarded-For</c>, or are not trusted.
/// Agents' calls do not come by here; people's and registrations do.
/// </summary>
internal sealed class ProxyWatch(RequestDelegate next, TrustedProxies proxies, ProxyReport report)
{
    /// <summary>Looks, and passes on.</summary>
    public Task Invoke(HttpContext context)
    {
        if (
            TrustedProxies.CameThroughProxy(context)
            && context.Connection.RemoteIpAddress is { } address
            && FaultOrNull(context, address) is { } fault
        )
            report.Note(fault, address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
        return next(context);
    }

    private ProxyFault? FaultOrNull(HttpContext context, IPAddress address)
    {
        if (proxies.Contains(address))
            return TrustedProxies.SaidForWhom(context) ? null : ProxyFault.Silent;
        // Strangers can send these headers too; a site's balancers are on its own network.
        var isUnbelieved =
            TrustedProxies.HasUnbelieved(context) || context.Request.Headers.ContainsKey(TrustedProxies.BeforeNginx);
        return isUnbelieved && ProxyReport.IsPrivate(address) ? ProxyFault.Untrusted : null;
    }
}
