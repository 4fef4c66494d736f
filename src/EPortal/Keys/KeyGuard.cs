using EPortal.Api.Guards;
using EPortal.Data;
using EPortal.Format;

namespace EPortal.Keys;

/// <summary>Checks registration keys that callers without a login use.</summary>
internal sealed class KeyGuard(SecretGuards guards, Database database)
{
    /// <summary>Longest name of a key.</summary>
    public const int MaxName = 64;

    /// <summary>Its guard.</summary>
    public SecretGuard Guard => guards.RegistrationKeys;

    /// <summary>Whether there is a key of that name.</summary>
    public ValueTask<SecretOutcome> Try(ClientAddress client, string key, CancellationToken cancel) =>
        Guard.Try(client, "", key, attempt => Exists(attempt, key), cancel);

    private bool Exists(SecretAttempt attempt, string key)
    {
        attempt.Demand();
        return PatchsetName.IsValid(key)
            && database.Read(session =>
                session.Scalar("SELECT 1 FROM key WHERE name = @name AND shadowed = 0", ("@name", key))
            )
                is not null;
    }
}
