namespace EPortal.Api.Guards;

/// <summary>
/// What is counted for one kind of secret: by address, network, account, and by who had it right from where. Bounded;
/// not safe for threads.
/// </summary>
/// <param name="countsHolders">Whether wrong ones are counted by account.</param>
/// <param name="allowed">Wrong ones in a row before guessing is slowed down.</param>
/// <param name="time">The clock.</param>
internal sealed class AttemptCounters(bool countsHolders, int allowed, TimeProvider time)
{
    /// <summary>Addresses at which a secret was right that are remembered, at the most.</summary>
    public const int MaxProved = 10_000;

    private const int MaxCounted = 20_000;
    private const int NetworkAllowed = 100;

    private static readonly TimeSpan s_refill = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_networkRefill = TimeSpan.FromSeconds(1);

    private readonly LruTable<ClientAddress, TokenBucket> _addresses = new(MaxCounted);
    private readonly LruTable<ClientAddress, TokenBucket> _networks = new(MaxCounted);
    private readonly LruTable<string, TokenBucket> _holders = new(MaxCounted);
    private readonly LruTable<(string Holder, ClientAddress Client), TokenBucket> _proved = new(MaxProved);

    /// <summary>For how many addresses, networks and accounts something is counted.</summary>
    public int Count => _addresses.Count + _networks.Count + _holders.Count;

    /// <summary>
    /// What a wrong one counts for, the address first; whether it was right from there before. Keeps nothing: what is
    /// turned away must push nothing out.
    /// </summary>
    public (TokenBucket[] Counted, bool IsProved) Find(ClientAddress client, string? holder)
    {
        if (holder is not null && _proved.TryGet((holder, client), out var own))
            return ([own], true);
        if (IsByHolderAlone(client, holder))
            return ([_holders.TryGet(holder!, out var alone) ? alone : Fresh()], false);
        var address = _addresses.TryGet(client, out var ofAddress) ? ofAddress : Fresh();
        return countsHolders && holder is not null
            ? ([address, _holders.TryGet(holder, out var ofHolder) ? ofHolder : Fresh()], false)
            : ([address], false);
    }

    /// <summary>
    /// Keeps what was found and returns that of the network, by which others are put before or after it.
    /// </summary>
    public TokenBucket Keep(ClientAddress client, string? holder, TokenBucket[] counted, bool isProved)
    {
        if (!isProved && IsByHolderAlone(client, holder))
            _holders.Set(holder!, counted[0]);
        else if (!isProved)
            _addresses.Set(client, counted[0]);
        if (counted.Length > 1)
            _holders.Set(holder!, counted[1]);
        return _networks.GetOrAdd(client.Network, () => new TokenBucket(NetworkAllowed, s_networkRefill, time));
    }

    /// <summary>From now on whoever comes from there with that secret is counted apart.</summary>
    public void Remember(ClientAddress client, string holder) => _proved.GetOrAdd((holder, client), Fresh);

    /// <summary>Lets go of what there is nothing to remember of.</summary>
    public void ForgetIdle(ClientAddress client, string? holder)
    {
        ForgetIdle(_addresses, client);
        ForgetIdle(_networks, client.Network);
        ForgetIdle(_holders, holder ?? "");
    }

    /// <summary>
    /// An address that all have in common must not be counted by: ten wrong passwords of anybody would keep everybody
    /// out.
    /// </summary>
    private bool IsByHolderAlone(ClientAddress client, string? holder) =>
        countsHolders && client.IsShared && !string.IsNullOrEmpty(holder);

    private static void ForgetIdle<TKey>(LruTable<TKey, TokenBucket> table, TKey key)
        where TKey : notnull
    {
        if (table.TryGet(key, out var kept) && kept.IsIdle)
            table.Remove(key);
    }

    private TokenBucket Fresh() => new(allowed, s_refill, time);
}
