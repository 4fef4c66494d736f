using System.Security.Cryptography;
using System.Text;

namespace EPortal.Api.Guards;

/// <summary>How a secret that somebody showed was taken.</summary>
internal enum SecretOutcome
{
    /// <summary>It is right.</summary>
    Right,

    /// <summary>It is wrong.</summary>
    Wrong,

    /// <summary>It was not looked at, after too many wrong ones.</summary>
    Throttled,
}

/// <summary>
/// Slows guessing at one kind of secret down without shutting owners out. Wrong ones are counted by address and, for
/// passwords, by account. Who had the right one from an address before is counted apart, so that what others try
/// elsewhere is no hindrance. An attempt under way counts as if it were wrong until it is known, so that many at once
/// cannot slip through.
/// </summary>
/// <param name="name">What the secret is, for the log: <c>password</c>.</param>
/// <param name="countsHolders">Whether wrong ones are counted by account too.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes a bounded number of lines.</param>
/// <param name="allowed">Wrong ones in a row before guessing is slowed down.</param>
internal sealed partial class SecretGuard(
    string name,
    bool countsHolders,
    TimeProvider time,
    ILogger logger,
    int allowed = SecretGuard.Allowed
)
{
    /// <summary>Addresses at which a secret was right that are remembered, at the most.</summary>
    public const int MaxProved = AttemptCounters.MaxProved;

    /// <summary>When one more is allowed, for a <c>Retry-After</c> header: seconds.</summary>
    public const string RetryAfter = "10";

    private const int Allowed = 10;
    private const int MaxWaiting = 1000;

    private readonly Lock _gate = new();
    private readonly AttemptCounters _tables = new(countsHolders, allowed, time);
    private readonly LogRateLimiter _lines = new(time);
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    /// <summary>What the secret is.</summary>
    public string Name { get; } = name;

    /// <summary>For how many addresses, networks and accounts something is counted now.</summary>
    public int Kept
    {
        get
        {
            lock (_gate)
                return _tables.Count;
        }
    }

    /// <summary>How attempts ended.</summary>
    public OutcomeCounts<SecretOutcome> Counts { get; } = new();

    /// <summary>
    /// Leave to try a secret; null after too many wrong ones. Waits while it hangs on what is under way whether there
    /// is one left.
    /// </summary>
    /// <param name="client">Who tries.</param>
    /// <param name="holder">The account, or the part of the secret that is none; empty where there is neither, null for
    /// what can be nobody's.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<SecretAttempt?> Begin(ClientAddress client, string? holder, CancellationToken cancel)
    {
        while (true)
        {
            TokenBucket busy;
            Task ended;
            lock (_gate)
            {
                var (counted, isProved) = _tables.Find(client, holder);
                if (counted.Any(one => one.IsUsedUp || one.Waiting >= MaxWaiting))
                    break;
                if (counted.FirstOrDefault(one => one.IsBusy) is not { } full)
                    return Start(client, holder, counted, isProved);
                // Taken while one is under way for sure: after the last has ended nothing would ever complete it.
                (busy, ended) = (full, full.Ended);
                busy.Waiting++;
            }

            try
            {
                await ended.WaitAsync(cancel);
            }
            finally
            {
                lock (_gate)
                    busy.Waiting--;
            }
        }

        Counts.Add(SecretOutcome.Throttled);
        if (MayLog())
            LogThrottled(Name, client);
        return null;
    }

    /// <summary>Tries a secret that is quickly looked at.</summary>
    /// <param name="client">Who tries.</param>
    /// <param name="holder">The part of it that is no secret; empty where there is none.</param>
    /// <param name="secret">What was shown.</param>
    /// <param name="isRight">Whether it is right.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<SecretOutcome> Try(
        ClientAddress client,
        string holder,
        string secret,
        Func<SecretAttempt, bool> isRight,
        CancellationToken cancel
    )
    {
        using var attempt = await Begin(client, holder, cancel);
        if (attempt is null)
            return SecretOutcome.Throttled;
        if (!isRight(attempt))
        {
            attempt.Wrong(secret);
            return SecretOutcome.Wrong;
        }

        attempt.Right();
        return SecretOutcome.Right;
    }

    /// <summary>Whether one more line on this secret may be logged: strangers must not fill a log.</summary>
    public bool MayLog()
    {
        if (!_lines.Admits(out var leftOut))
            return false;
        if (leftOut > 0)
            LogLeftOut(leftOut, Name);
        return true;
    }

    /// <summary>A secret was right from there in the past.</summary>
    public void Remember(ClientAddress client, string holder)
    {
        lock (_gate)
            _tables.Remember(client, holder);
    }

    /// <summary>Takes over how an attempt ended; null for undecided.</summary>
    internal void End(SecretAttempt attempt, SecretOutcome? outcome, string? repeatable)
    {
        var mark = repeatable is null
            ? 0
            : BitConverter.ToUInt64(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(repeatable)));
        lock (_gate)
        {
            foreach (var one in attempt.Counted.Append(attempt.Network))
            {
                one.End();
                if (outcome == SecretOutcome.Wrong)
                    one.Use(mark);
            }

            _tables.ForgetIdle(attempt.Client, attempt.Holder);
            if (outcome == SecretOutcome.Right && attempt.Holder is { } holder)
                _tables.Remember(attempt.Client, holder);
        }

        if (outcome is { } known)
            Counts.Add(known);
        if (outcome == SecretOutcome.Wrong && MayLog())
            LogWrong(Name, attempt.Client);
    }

    private SecretAttempt Start(ClientAddress client, string? holder, TokenBucket[] counted, bool isProved)
    {
        var network = _tables.Keep(client, holder, counted, isProved);
        var rank = isProved ? 0 : Weight(counted[0]) + Weight(network);
        foreach (var one in counted.Append(network))
            one.Begin();
        return new SecretAttempt(this, client, holder, counted, network, isProved, rank);
    }

    private static int Weight(TokenBucket one) => one.Used + one.UnderWay;

    // No names and no secrets: a password typed into the wrong field must not end in a log.
    [LoggerMessage(Level = LogLevel.Warning, Message = "Wrong {Secret} from {Client}")]
    private partial void LogWrong(string secret, ClientAddress client);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not checked, too many wrong attempts: {Secret} from {Client}")]
    private partial void LogThrottled(string secret, ClientAddress client);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} more log lines about a wrong {Secret} suppressed")]
    private partial void LogLeftOut(long count, string secret);
}
