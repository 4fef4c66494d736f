namespace EPortal.Api.Guards;

/// <summary>The guards of every secret that is asked for without a login, each counting for itself.</summary>
internal sealed class SecretGuards(TimeProvider time, ILogger<SecretGuards> logger)
{
    /// <summary>Passwords of users, here and in the directory.</summary>
    public SecretGuard Passwords { get; } = new("password", countsHolders: true, time, logger);

    /// <summary>API keys.</summary>
    public SecretGuard ApiKeys { get; } = new("API key", countsHolders: false, time, logger);

    /// <summary>Keys that hosts register with and reports are asked for with.</summary>
    public SecretGuard RegistrationKeys { get; } = new("registration key", countsHolders: false, time, logger);

    /// <summary>The token of the metrics.</summary>
    public SecretGuard MetricsToken { get; } = new("metrics token", countsHolders: false, time, logger);

    /// <summary>The login of portals that this one is a patch source of.</summary>
    public SecretGuard PatchSource { get; } = new("patch source login", countsHolders: false, time, logger);

    /// <summary>The state with which a single sign-on comes back.</summary>
    public SecretGuard SignOns { get; } = new("sign-on state", countsHolders: false, time, logger);

    /// <summary>The key that nodes share.</summary>
    public SecretGuard Replication { get; } = new("replication key", countsHolders: false, time, logger);

    /// <summary>All of them.</summary>
    public IEnumerable<SecretGuard> All =>
        [Passwords, ApiKeys, RegistrationKeys, MetricsToken, PatchSource, SignOns, Replication];
}
