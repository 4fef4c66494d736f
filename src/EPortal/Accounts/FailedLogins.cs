using System.Globalization;
using System.Threading.Channels;
using EPortal.Data;

namespace EPortal.Accounts;

/// <summary>
/// Tells of failed logins in the user log without letting strangers fill it, or write in it: a name is kept only where
/// such a user exists (a password typed into the wrong field is none), many of one address are one line each ten
/// minutes, and all lines together are bounded; what goes beyond is counted in one line.
/// </summary>
internal sealed partial class FailedLogins(
    UserStore users,
    ChangeLog log,
    TimeProvider time,
    ILogger<FailedLogins> logger
) : BackgroundService
{
    /// <summary>
    /// Their action in the user log. It does not begin as that of logins does, which is searched for by its beginning.
    /// </summary>
    public const string Action = "failed-login";

    /// <summary>Lines at once, and each hour.</summary>
    public const int MaxLines = 60;

    private const int MaxAddresses = 1000;
    private static readonly TimeSpan s_between = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_refill = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Address, string? User), Count> _counts = [];

    // Holds at most one call to look. Needs no disposal, so a timer that fires while this is disposed of cannot fail.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private readonly Count _beyond = new();
    private double _lines = MaxLines;
    private DateTimeOffset _refilled = time.GetUtcNow();

    /// <summary>One failed; it may be told a little later.</summary>
    /// <param name="name">The name that was given.</param>
    /// <param name="address">From where.</param>
    public void Add(string name, string address)
    {
        var user = name.Length <= UserName.MaxLength ? users.FindOrNull(name)?.Name : null;
        lock (_gate)
        {
            if (!_counts.TryGetValue((address, user), out var count) && _counts.Count >= MaxAddresses)
                count = _beyond;
            else if (count is null)
                _counts.Add((address, user), count = new Count());
            count.Failed++;
            if (time.GetUtcNow() >= count.Next)
                Wake();
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Tell(Due(all: true));
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var timer = time.CreateTimer(_ => Wake(), null, s_refill, s_refill);
        try
        {
            while (true)
            {
                await _wake.Reader.ReadAsync(stoppingToken);
                await Tell(Due(all: false));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Wanted.
        }
    }

    private void Wake() => _wake.Writer.TryWrite(true);

    private async Task Tell(IReadOnlyList<(string? Address, string Detail)> lines)
    {
        foreach (var (address, detail) in lines)
        {
            try
            {
                await log.Commit(
                    new Actor(Actor.Nobody, address),
                    change =>
                    {
                        change.Note(Action, detail);
                        return true;
                    }
                );
            }
            catch (StoreException e)
            {
                LogNotTold(detail, e.Message);
            }
        }
    }

    /// <summary>What is to be told now.</summary>
    private List<(string? Address, string Detail)> Due(bool all)
    {
        var lines = new List<(string?, string)>();
        lock (_gate)
        {
            var now = time.GetUtcNow();
            _lines = Math.Min(MaxLines, _lines + (now - _refilled) / s_refill);
            _refilled = now;
            foreach (var ((address, user), count) in _counts.Where(one => all || now >= one.Value.Next).ToList())
            {
                if (count.Failed == 0)
                {
                    _counts.Remove((address, user));
                }
                else if (_lines < 1)
                {
                    _beyond.Failed += count.Take(now + s_between);
                }
                else
                {
                    _lines--;
                    lines.Add(
                        (
                            address,
                            $"{Times(count.Take(now + s_between))} {(user is null ? "with an unknown user name" : $"as {user}")}"
                        )
                    );
                }
            }

            if (_beyond.Failed > 0 && (all || now >= _beyond.Next))
                lines.Add((null, $"{Times(_beyond.Take(now + s_between))} from other addresses"));
        }

        return lines;
    }

    private static string Times(long count) =>
        count == 1 ? "1 failed login" : string.Create(CultureInfo.InvariantCulture, $"{count:N0} failed logins");

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot record {Failed} in the user log: {Reason}")]
    private partial void LogNotTold(string failed, string reason);

    /// <summary>Failed logins that are not told yet, and when they may be.</summary>
    private sealed class Count
    {
        public long Failed { get; set; }

        public DateTimeOffset Next { get; private set; }

        public long Take(DateTimeOffset next)
        {
            var failed = Failed;
            (Failed, Next) = (0, next);
            return failed;
        }
    }
}
