using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using EPortal.Api;
using EPortal.Servers;

namespace EPortal.Agents;

/// <summary>Who may try to register, and how often: by network and by a bounded rate an address.</summary>
internal sealed class RegistrationGate(int perMinute, IReadOnlyList<IPNetwork> allowed) : IDisposable
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<string> _limiter = PartitionedRateLimiter.Create<string, string>(address =>
        perMinute == 0
            ? RateLimitPartition.GetNoLimiter("")
            : RateLimitPartition.GetTokenBucketLimiter(address, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = perMinute,
                TokensPerPeriod = perMinute,
                ReplenishmentPeriod = s_minute,
            }));

    /// <summary>Who was let on, and who was not and why.</summary>
    public OutcomeCounts<RegistrationResult> Counts { get; } = new();

    /// <summary><see cref="RegistrationResult.Done"/> to go on, else why not.</summary>
    public RegistrationResult Admit(IPAddress? address)
    {
        var result = Look(address);
        Counts.Add(result);
        return result;
    }

    /// <summary>Why a registration is locked, for its host.</summary>
    public static string Explain(Registered locked) => locked.RetryAfter is null
        ? "Too many registrations from this address; try again later."
        : "This host has registered and left too often in this hour; try again later.";

    /// <summary>When one whose registration is locked may come again.</summary>
    public static TimeSpan RetryAfter(Registered locked) => locked.RetryAfter ?? s_minute;

    private RegistrationResult Look(IPAddress? address)
    {
        var from = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        if (allowed.Count > 0 && (from is null || !allowed.Any(network => network.Contains(from))))
            return RegistrationResult.AddressNotAllowed;
        using var lease = _limiter.AttemptAcquire(Origin(from));
        return lease.IsAcquired ? RegistrationResult.Done : RegistrationResult.Locked;
    }

    /// <summary>One IPv6 host may use a whole /64 (RFC 6177), so that is counted as one.</summary>
    private static string Origin(IPAddress? address) => address switch
    {
        null => "",
        { AddressFamily: AddressFamily.InterNetworkV6 } => Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)),
        _ => address.ToString(),
    };

    /// <inheritdoc/>
    public void Dispose() => _limiter.Dispose();
}
