using EPortal.Data;

namespace EPortal.PatchSource;

/// <summary>A sync of this process, as far as it has come.</summary>
internal sealed record SyncSteps
{
    /// <summary>In whose name.</summary>
    public required string Actor { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset BegunAt { get; init; }

    /// <summary>When it ended; null while it goes on.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>How many patchsets it has to fetch; null until that is known.</summary>
    public int? Patchsets { get; init; }

    /// <summary>How many of them came.</summary>
    public int Fetched { get; init; }

    /// <summary>How many of them could not be had.</summary>
    public int Failed { get; init; }

    /// <summary>How many bytes it has to fetch.</summary>
    public long Bytes { get; init; }

    /// <summary>How many of them came.</summary>
    public long Arrived { get; init; }

    /// <summary>Code of what it failed with; null when it goes on or succeeded.</summary>
    public string? Error { get; init; }

    /// <summary>How it ended; one sentence.</summary>
    public string? Message { get; init; }
}

/// <summary>What a sync of this process does now, or how the last one ended, whoever began it.</summary>
internal sealed class SyncActivity(TimeProvider time) : IProgress<long>
{
    private readonly Lock _gate = new();
    private SyncSteps? _last;

    /// <summary>The sync that goes on, else the last one; null when there was none yet.</summary>
    public SyncSteps? LastOrNull
    {
        get
        {
            lock (_gate)
                return _last;
        }
    }

    /// <summary>Whether one goes on.</summary>
    public bool IsRunning => LastOrNull is { EndedAt: null };

    /// <summary>One begins.</summary>
    public void Begin(Actor actor)
    {
        lock (_gate)
            _last = new SyncSteps { Actor = actor.Name, BegunAt = time.GetUtcNow() };
    }

    /// <summary>It knows what it has to fetch.</summary>
    public void Expect(int patchsets, long bytes) => Move(steps => steps with { Patchsets = patchsets, Bytes = bytes });

    /// <summary>So many bytes came.</summary>
    public void Report(long value) => Move(steps => steps with { Arrived = value });

    /// <summary>A patchset came.</summary>
    public void Fetched() => Move(steps => steps with { Fetched = steps.Fetched + 1 });

    /// <summary>A patchset could not be had.</summary>
    public void Failed() => Move(steps => steps with { Failed = steps.Failed + 1 });

    /// <summary>It ends.</summary>
    /// <param name="error">Code of what it failed with; null when it succeeded.</param>
    /// <param name="message">One sentence.</param>
    public void End(string? error, string message) =>
        Move(steps => steps with { EndedAt = time.GetUtcNow(), Error = error, Message = message });

    private void Move(Func<SyncSteps, SyncSteps> step)
    {
        lock (_gate)
            _last = _last is null ? null : step(_last);
    }
}
