using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Caching.Memory;

namespace EPortal.Accounts.Sso;

/// <summary>
/// Sign-ons that have begun, kept here: the provider is handed a random number only, which is good once and for a quarter of
/// an hour. A restart in between means to begin again.
/// </summary>
internal sealed class SsoState(TimeProvider time) : ISecureDataFormat<AuthenticationProperties>, IDisposable
{
    private const int MaxBegun = 10_000;
    private static readonly TimeSpan s_within = TimeSpan.FromMinutes(15);

    private readonly Lock _gate = new();
    private readonly MemoryCache _begun = new(new MemoryCacheOptions { SizeLimit = MaxBegun });

    /// <inheritdoc/>
    public string Protect(AuthenticationProperties data)
    {
        var state = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        _begun.Set(state, (data, time.GetUtcNow()), new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = s_within });
        return state;
    }

    /// <inheritdoc/>
    public AuthenticationProperties? Unprotect(string? protectedText)
    {
        lock (_gate)
        {
            if (protectedText is null || !_begun.TryGetValue(protectedText, out (AuthenticationProperties Data, DateTimeOffset At) begun))
                return null;
            _begun.Remove(protectedText);
            return time.GetUtcNow() - begun.At < s_within ? begun.Data : null;
        }
    }

    /// <inheritdoc/>
    public string Protect(AuthenticationProperties data, string? purpose) => Protect(data);

    /// <inheritdoc/>
    public AuthenticationProperties? Unprotect(string? protectedText, string? purpose) => Unprotect(protectedText);

    /// <inheritdoc/>
    public void Dispose() => _begun.Dispose();
}
