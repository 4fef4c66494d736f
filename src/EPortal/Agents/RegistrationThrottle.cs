using System.Net;
using EPortal.Api;
using EPortal.Api.Guards;
using EPortal.Keys;
using EPortal.Servers;

namespace EPortal.Agents;

/// <summary>
/// Limits registrations: by network, by rate per address, and by key, where guessing is slowed down. Hosts behind one
/// address that use the same old key count as one guess and do not block the others.
/// </summary>
internal sealed class RegistrationThrottle(
    int perMinute,
    IReadOnlyList<IPNetwork> allowed,
    KeyGuard keys,
    Registration registration,
    TimeProvider time
)
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private const int MaxAddresses = 20_000;

    private readonly Lock _gate = new();
    private readonly LruTable<ClientAddress, TokenBucket> _addresses = new(MaxAddresses);

    /// <summary>Counts of registrations by result.</summary>
    public OutcomeCounts<RegistrationResult> Counts { get; } = new();

    /// <summary>Registers the host that calls, if it may.</summary>
    /// <param name="context">The call.</param>
    /// <param name="hostname">Name of the host.</param>
    /// <param name="key">The key that it uses.</param>
    /// <param name="dropped">What could not be kept of the call; empty for nothing.</param>
    public async Task<Registered> Register(HttpContext context, string hostname, string key, string dropped = "")
    {
        var result = Look(context.Connection.RemoteIpAddress);
        if (result == RegistrationResult.Done)
            result = await LookAtKey(context, key);
        Counts.Add(result);
        return result == RegistrationResult.Done
            ? await registration.Register(hostname, context.Address(), key, dropped)
            : new Registered(result);
    }

    /// <summary>Why a registration is locked, for its host.</summary>
    public static string Explain(Registered locked) =>
        locked.RetryAfter is null
            ? "too many registrations from this address, or with wrong keys; try again later"
            : "this host has registered and unregistered too often in this hour; try again later";

    /// <summary>When a locked host may register again.</summary>
    public static TimeSpan RetryAfter(Registered locked) => locked.RetryAfter ?? s_minute;

    private async ValueTask<RegistrationResult> LookAtKey(HttpContext context, string key) =>
        await keys.Try(context.Client(), key, context.RequestAborted) switch
        {
            SecretOutcome.Right => RegistrationResult.Done,
            SecretOutcome.Wrong => RegistrationResult.InvalidKey,
            _ => RegistrationResult.Locked,
        };

    private RegistrationResult Look(IPAddress? address)
    {
        var from = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        if (allowed.Count > 0 && (from is null || !allowed.Any(network => network.Contains(from))))
            return RegistrationResult.AddressNotAllowed;
        if (perMinute == 0)
            return RegistrationResult.Done;
        lock (_gate)
        {
            var rate = _addresses.GetOrAdd(
                ClientAddress.Of(from),
                () => new TokenBucket(perMinute, s_minute / perMinute, time)
            );
            if (rate.IsUsedUp)
                return RegistrationResult.Locked;
            rate.Use();
            return RegistrationResult.Done;
        }
    }
}
