using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EPortal.Api.Guards;
using EPortal.Blobs;
using EPortal.Operations;

namespace EPortal.Hosting.Proxies;

/// <summary>What is wrong with a proxy in front of the portal.</summary>
internal enum ProxyFault
{
    /// <summary>It is trusted, and does not say for whom it calls.</summary>
    Silent,

    /// <summary>It is not trusted, so what it says is not believed.</summary>
    Untrusted,
}

/// <summary>
/// Proxies that hide who calls, as seen within a day. Kept in a file of the data folder, so that the next start and
/// <c>doctor</c> tell of them too.
/// </summary>
internal sealed class ProxyReport : IFindingSource
{
    /// <summary>More proxies than this are not told apart.</summary>
    private const int Most = 16;
    private const int MaxFileBytes = 8192;

    private static readonly TimeSpan s_kept = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_writtenEvery = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<(ProxyFault Fault, IPAddress Address), DateTimeOffset> _seen;
    private readonly string _file;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();

    private ProxyReport(string file, TimeProvider time)
    {
        (_file, _time) = (file, time);
        _seen = new(Read(file));
    }

    /// <summary>Opens that of a data folder.</summary>
    public static ProxyReport Open(Settings settings, TimeProvider time) =>
        new(Path.Combine(settings.DataDir, "cache", "proxies"), time);

    /// <summary>Whether an address is of a network that is not the world's (RFC 1918, RFC 4193, RFC 3927).</summary>
    public static bool IsPrivate(IPAddress address)
    {
        if (IPAddress.IsLoopback(address))
            return true;
        var bytes = address.GetAddressBytes();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? bytes is [10, ..] or [172, >= 16 and < 32, ..] or [192, 168, ..] or [169, 254, ..]
            : address.IsIPv6UniqueLocal || address.IsIPv6LinkLocal;
    }

    /// <summary>Takes note; costs a look into a table, as a rule.</summary>
    public void Note(ProxyFault fault, IPAddress address)
    {
        var now = _time.GetUtcNow();
        if (_seen.TryGetValue((fault, address), out var last) ? now - last < s_writtenEvery : _seen.Count >= Most)
            return;
        lock (_gate)
        {
            _seen[(fault, address)] = now;
            Write();
        }
    }

    /// <inheritdoc/>
    public IEnumerable<Finding> Look()
    {
        var now = _time.GetUtcNow();
        var current = _seen
            .Where(one => now - one.Value < s_kept)
            .ToLookup(one => one.Key.Fault, one => one.Key.Address);
        if (current.Count == 0)
            yield return Finding.Ok("proxy", "no proxy hides who calls");
        if (current[ProxyFault.Silent].Any())
            yield return Finding.Warning(
                "proxy",
                $"requests came through proxy {List(current[ProxyFault.Silent])} without X-Forwarded-For, so all hosts "
                    + "behind it have one address: wrong passwords are counted by account only, and other limits hold "
                    + "for all together; have it send X-Forwarded-For"
            );
        if (current[ProxyFault.Untrusted].Any())
            yield return Finding.Warning(
                "proxy",
                $"requests came through proxy {List(current[ProxyFault.Untrusted])}, which is not in TRUSTED_PROXIES, so "
                    + "all hosts behind it count as one, and ten wrong passwords of one slow down all; add it to "
                    + "TRUSTED_PROXIES and have it send X-Forwarded-For"
            );
    }

    private static string List(IEnumerable<IPAddress> addresses) =>
        string.Join(", ", addresses.Select(address => address.ToString()).Order(StringComparer.Ordinal));

    private void Write()
    {
        var text = new StringBuilder();
        foreach (var ((fault, address), at) in _seen)
            text.Append(CultureInfo.InvariantCulture, $"{fault} {address} {at.ToUnixTimeSeconds()}\n");
        try
        {
            DurableFile.Write(_file, Encoding.ASCII.GetBytes(text.ToString()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // This process shows it all the same; that the disk is full is told elsewhere.
        }
    }

    private static Dictionary<(ProxyFault Fault, IPAddress Address), DateTimeOffset> Read(string file)
    {
        var seen = new Dictionary<(ProxyFault, IPAddress), DateTimeOffset>();
        if (!File.Exists(file) || new FileInfo(file).Length > MaxFileBytes)
            return seen;
        foreach (var line in File.ReadLines(file))
        {
            if (
                line.Split(' ') is [var fault, var address, var time]
                && Enum.TryParse<ProxyFault>(fault, out var known)
                && IPAddress.TryParse(address, out var parsed)
                && uint.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            )
                seen[(known, parsed)] = DateTimeOffset.FromUnixTimeSeconds(at);
        }

        return seen;
    }
}

/// <summary>Adds what knows of proxies.</summary>
internal static class ProxiesFeature
{
    /// <summary>Adds it.</summary>
    public static void AddProxies(this IServiceCollection services, Settings settings)
    {
        services.AddSingleton(new TrustedProxies([.. settings.TrustedProxies.Select(proxy => proxy.Network)]));
        services.AddSingleton(provider => ProxyReport.Open(settings, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IFindingSource>(provider => provider.GetRequiredService<ProxyReport>());
        services.AddSingleton<IFindingSource>(new SettingsFindings(settings));
    }
}

/// <summary>What the settings switch off that somebody should know of.</summary>
internal sealed class SettingsFindings(Settings settings) : IFindingSource
{
    /// <inheritdoc/>
    public IEnumerable<Finding> Look() =>
        settings.PatchSourceCheckCert ? [] : [Finding.Warning("patch-source", SettingsChecks.UncheckedSource)];
}
