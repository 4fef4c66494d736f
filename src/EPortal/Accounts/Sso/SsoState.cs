using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;

namespace EPortal.Accounts.Sso;

/// <summary>
/// Sign-ons that have begun are kept by those who began them: the state that the provider hands back is sealed with a
/// key that this process makes, and good once and for a quarter of an hour. So beginning takes no room here, and a
/// flood of beginnings pushes nobody out (decision 15). A restart in between means to begin again.
/// </summary>
internal sealed class SsoState(TimeProvider time) : ISecureDataFormat<AuthenticationProperties>
{
    /// <summary>
    /// States that came back and are not taken again; of more the oldest go, which are the first to end anyway.
    /// </summary>
    private const int MaxUsed = 100_000;

    private const string Number = ".number";
    private const string BegunAt = ".begun";
    private static readonly TimeSpan s_within = TimeSpan.FromMinutes(15);

    private readonly PropertiesDataFormat _sealed = new(new EphemeralDataProtectionProvider().CreateProtector("sso"));
    private readonly Lock _gate = new();
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly Queue<(string Number, DateTimeOffset At)> _order = new();

    /// <inheritdoc/>
    public string Protect(AuthenticationProperties data)
    {
        data.Items[Number] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        data.Items[BegunAt] = time.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        return _sealed.Protect(data);
    }

    /// <inheritdoc/>
    public AuthenticationProperties? Unprotect(string? protectedText)
    {
        if (
            protectedText is null
            || _sealed.Unprotect(protectedText) is not { } data
            || !data.Items.Remove(Number, out var number)
            || number is null
            || !data.Items.Remove(BegunAt, out var begun)
            || !long.TryParse(begun, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
        )
            return null;
        var now = time.GetUtcNow();
        return now - DateTimeOffset.FromUnixTimeMilliseconds(at) < s_within && IsFirstUse(number, now) ? data : null;
    }

    private bool IsFirstUse(string number, DateTimeOffset now)
    {
        lock (_gate)
        {
            while (_order.TryPeek(out var oldest) && (_order.Count >= MaxUsed || now - oldest.At >= s_within))
                _used.Remove(_order.Dequeue().Number);
            if (!_used.Add(number))
                return false;
            _order.Enqueue((number, now));
            return true;
        }
    }

    /// <inheritdoc/>
    public string Protect(AuthenticationProperties data, string? purpose) => Protect(data);

    /// <inheritdoc/>
    public AuthenticationProperties? Unprotect(string? protectedText, string? purpose) => Unprotect(protectedText);
}
