namespace EPortal.Api.Guards;

/// <summary>
/// Leave to look whether one secret is right, given by <see cref="SecretGuard"/> alone. Whatever compares a secret, or
/// looks it up among remembered ones, asks for it, so that none can be tried past the guard. It says how it ended,
/// once; disposed without that it counts as not tried.
/// </summary>
internal sealed class SecretAttempt : IDisposable
{
    private readonly SecretGuard _guard;
    private bool _hasEnded;

    /// <summary>For the guard.</summary>
    internal SecretAttempt(
        SecretGuard guard,
        ClientAddress client,
        string? holder,
        TokenBucket[] counted,
        TokenBucket network,
        bool isProved,
        int rank
    )
    {
        (_guard, Client, Holder) = (guard, client, holder);
        (Counted, Network, IsProved, Rank) = (counted, network, isProved, rank);
    }

    /// <summary>Who tries.</summary>
    public ClientAddress Client { get; }

    /// <summary>Whose secret it is to be; null when it can be nobody's.</summary>
    public string? Holder { get; }

    /// <summary>Whether this secret was right from this address before.</summary>
    public bool IsProved { get; }

    /// <summary>
    /// Whom to serve first when many wait: the fewer wrong or undecided ones came from there, the lower. Never below 0.
    /// </summary>
    public int Rank { get; }

    /// <summary>What a wrong one counts for.</summary>
    internal TokenBucket[] Counted { get; }

    /// <summary>What it counts for when others are put before or after it.</summary>
    internal TokenBucket Network { get; }

    /// <summary>Checks that it is still good; whoever compares a secret says so first.</summary>
    public void Demand() => ObjectDisposedException.ThrowIf(_hasEnded, this);

    /// <summary>The secret was right.</summary>
    public void Right() => End(SecretOutcome.Right, null);

    /// <summary>It was wrong.</summary>
    /// <param name="repeatable">
    /// The secret, where checking it costs nothing: the same one again is then no new guess, so that a forgotten
    /// program with an old secret uses nothing up. Null where each one counts.
    /// </param>
    public void Wrong(string? repeatable = null) => End(SecretOutcome.Wrong, repeatable);

    /// <inheritdoc/>
    public void Dispose() => End(null, null);

    private void End(SecretOutcome? outcome, string? repeatable)
    {
        if (_hasEnded)
            return;
        _hasEnded = true;
        _guard.End(this, outcome, repeatable);
    }
}
