using EPortal.Accounts;
using EPortal.Api.Guards;
using Microsoft.Extensions.Logging.Abstractions;

namespace EPortal.Tests.Accounts;

/// <summary>Checks passwords straight in the store.</summary>
internal static class Passwords
{
    /// <summary>Whether it is the user's.</summary>
    public static bool IsPassword(this UserStore users, string name, string password)
    {
        var guard = new SecretGuard("password", countsHolders: true, TimeProvider.System, NullLogger.Instance);
        using var attempt = guard.Begin(default, name, CancellationToken.None).AsTask().Result;
        return users.Verify(attempt!, users.CredentialOrNull(name), password);
    }
}
