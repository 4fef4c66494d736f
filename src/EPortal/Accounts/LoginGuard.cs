using System.Globalization;
using System.Threading.RateLimiting;

namespace EPortal.Accounts;

/// <summary>
/// Slows guessing down without shutting owners out: wrong passwords are counted by address, and by account for addresses from
/// which that account never got in. Who has got in before from an address is not hindered by what others try elsewhere. Names that
/// a directory may take for one another are one account here.
/// </summary>
/// <param name="wrongAllowed">Wrong passwords in a row before guessing is slowed down.</param>
/// <param name="refill">After this long one more wrong password is allowed.</param>
internal sealed class LoginGuard(int wrongAllowed, TimeSpan refill) : IDisposable
{
    /// <summary>Addresses that are remembered as good, at the most.</summary>
    public const int MaxKnown = 10_000;

    /// <summary>Passwords that are checked at a time: a check takes 19 MiB and a processor.</summary>
    private const int Checks = 2;

    /// <summary>Logins that wait for the directory at a time; apart from the others, so that a silent directory keeps no local user out.</summary>
    private const int Questions = 32;

    private readonly PartitionedRateLimiter<string> _wrong = PartitionedRateLimiter.Create<string, string>(who =>
        RateLimitPartition.GetTokenBucketLimiter(who, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = wrongAllowed,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = refill,
        }));

    private readonly ConcurrencyLimiter _checks = new(new ConcurrencyLimiterOptions { PermitLimit = Checks, QueueLimit = 200 });
    private readonly ConcurrencyLimiter _directory = new(new ConcurrencyLimiterOptions { PermitLimit = Questions, QueueLimit = 200 });
    private readonly ConcurrencyLimiter _checksOfKnown = new(new ConcurrencyLimiterOptions { PermitLimit = 1, QueueLimit = 50 });
    private readonly Lock _gate = new();
    private readonly HashSet<(string Account, string Address)> _known = [];
    private readonly Queue<(string Account, string Address)> _order = new();

    /// <summary>When one more is allowed, for a <c>Retry-After</c> header: seconds.</summary>
    public string RetryAfter { get; } = Math.Ceiling(refill.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Waits for a turn to check a password; null when too many wait already. Who got in before from an address waits apart from
    /// strangers.
    /// </summary>
    public async Task<IDisposable?> Turn(bool byDirectory, string account, string address, CancellationToken cancel)
    {
        var turns = byDirectory ? _directory : IsKnown(account, address) ? _checksOfKnown : _checks;
        var lease = await turns.AcquireAsync(1, cancel);
        if (lease.IsAcquired)
            return lease;
        lease.Dispose();
        return null;
    }

    /// <summary>Whether a password may be tried. Asked within a turn, so that many at once cannot all slip through.</summary>
    public bool Admits(string account, string address) => Partitions(account, address).All(who => _wrong.GetStatistics(who) is not { CurrentAvailablePermits: 0 });

    /// <summary>A password was wrong.</summary>
    public void Wrong(string account, string address)
    {
        foreach (var who in Partitions(account, address))
            _wrong.AttemptAcquire(who).Dispose();
    }

    /// <summary>A password was right, now or in the past.</summary>
    public void Right(string account, string address)
    {
        var known = (UserStore.Folded(account), address);
        lock (_gate)
        {
            if (!_known.Add(known))
                return;
            _order.Enqueue(known);
            if (_order.Count > MaxKnown)
                _known.Remove(_order.Dequeue());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _wrong.Dispose();
        _checks.Dispose();
        _checksOfKnown.Dispose();
        _directory.Dispose();
    }

    private string[] Partitions(string account, string address) =>
        IsKnown(account, address) ? [$"both {address} {UserStore.Folded(account)}"] : [$"address {address}", $"account {UserStore.Folded(account)}"];

    private bool IsKnown(string account, string address)
    {
        lock (_gate)
            return _known.Contains((UserStore.Folded(account), address));
    }
}
