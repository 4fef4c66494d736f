using System.Security.Cryptography;
using Microsoft.Extensions.Caching.Memory;

namespace EPortal.Accounts;

/// <summary>
/// API keys that were just made, until the page that shows them asks, once: so that the answer to the form that makes
/// one leads on to a page which, loaded again, makes no other. In memory only, and for a few minutes.
/// </summary>
internal sealed class NewApiKeys : IDisposable
{
    private const int MaxKept = 1000;
    private const int IdLength = 22;
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static readonly TimeSpan s_kept = TimeSpan.FromMinutes(5);

    private readonly MemoryCache _keys = new(new MemoryCacheOptions { SizeLimit = MaxKept });

    /// <summary>Keeps a key for its owner, and gives the number that it is shown by.</summary>
    public string Keep(string owner, string text)
    {
        var id = RandomNumberGenerator.GetString(Letters, IdLength);
        _keys.Set(
            (owner, id),
            text,
            new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = s_kept }
        );
        return id;
    }

    /// <summary>Gives a key to its owner, this once; null when it was given, or is too old.</summary>
    public string? TakeOrNull(string owner, string id)
    {
        if (!_keys.TryGetValue((owner, id), out string? text))
            return null;
        _keys.Remove((owner, id));
        return text;
    }

    /// <inheritdoc/>
    public void Dispose() => _keys.Dispose();
}
