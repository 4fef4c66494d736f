using System.Globalization;
using System.Net;

namespace EPortal.AgentClient;

/// <summary>
/// The proxy that the environment names. Reads <c>no_proxy</c> as curl does, where the framework supports less: names
/// include their subdomains, with or without a leading dot; <c>*</c> is everything; addresses may be networks
/// (<c>10.0.0.0/8</c>); an entry may have a port.
/// </summary>
internal sealed class EnvironmentProxy(IWebProxy proxy, string? exceptions) : IWebProxy
{
    private readonly string[] _exceptions = (exceptions ?? "").Split(
        [',', ' ', '\t'],
        StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries
    );

    /// <inheritdoc/>
    public ICredentials? Credentials
    {
        get => proxy.Credentials;
        set => proxy.Credentials = value;
    }

    /// <summary>The proxy of this process, with <c>no_proxy</c>, else <c>NO_PROXY</c>.</summary>
    public static EnvironmentProxy OfProcess() =>
        new(
            HttpClient.DefaultProxy,
            Environment.GetEnvironmentVariable("no_proxy") ?? Environment.GetEnvironmentVariable("NO_PROXY")
        );

    /// <inheritdoc/>
    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : proxy.GetProxy(destination);

    /// <inheritdoc/>
    public bool IsBypassed(Uri host) => _exceptions.Any(exception => Covers(exception, host)) || proxy.IsBypassed(host);

    private static bool Covers(string exception, Uri host)
    {
        if (exception == "*")
            return true;
        if (IPAddress.TryParse(host.IdnHost, out var address))
            return CoversAddress(exception, host, address);
        var (name, port) = SplitPort(exception);
        name = name.Trim('.');
        var wanted = host.IdnHost.TrimEnd('.');
        return (port is null || port == host.Port)
            && name.Length > 0
            && (
                wanted.Equals(name, StringComparison.OrdinalIgnoreCase)
                || wanted.EndsWith("." + name, StringComparison.OrdinalIgnoreCase)
            );
    }

    private static bool CoversAddress(string exception, Uri host, IPAddress address)
    {
        if (exception.Contains('/'))
            return IPNetwork.TryParse(exception, out var network) && network.Contains(address);
        if (IPAddress.TryParse(exception.Trim('[', ']'), out var same))
            return same.Equals(address);
        var (name, port) = SplitPort(exception);
        return port == host.Port && IPAddress.TryParse(name.Trim('[', ']'), out same) && same.Equals(address);
    }

    private static (string Name, int? Port) SplitPort(string exception)
    {
        var colon = exception.LastIndexOf(':');
        return
            colon > 0
            && int.TryParse(exception.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? (exception[..colon], port)
            : (exception, null);
    }
}
