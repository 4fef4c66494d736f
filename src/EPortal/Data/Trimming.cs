using System.Diagnostics;

namespace EPortal.Data;

/// <summary>
/// Deletes what tables need not keep: in small steps on the writer, with pauses between them, so that nobody waits long
/// for it. Each step is whole, so whatever ends it, the next round goes on.
/// </summary>
internal sealed class Trimming(Database database, ChangeLog log, IReadOnlyList<Retention> tables, TimeProvider time)
{
    /// <summary>Rows in one statement.</summary>
    private const int Rows = 100;

    /// <summary>Of the writer's time while there is much to do: one part in so many.</summary>
    private const int Share = 4;

    /// <summary>Tables are counted for at most one part in so many of the time.</summary>
    private const int CountShare = 20;

    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_leastPause = TimeSpan.FromMinutes(1);

    private readonly RetentionClock _clock = new(PeriodOf(tables));
    private readonly Dictionary<string, long> _counts = [];
    private long _nextCount = long.MinValue;

    /// <summary>How often a round is due.</summary>
    public TimeSpan Period { get; } = PeriodOf(tables);

    /// <summary>Rows of each table by the last look.</summary>
    public IReadOnlyDictionary<string, long> Counts
    {
        get
        {
            lock (_counts)
                return new Dictionary<string, long>(_counts);
        }
    }

    /// <summary>One round: deletes all that is too old or too much by now.</summary>
    /// <exception cref="StoreException">The store failed or is overloaded; what was deleted before stays
    /// deleted.</exception>
    public async Task Round(CancellationToken cancel)
    {
        var old = await log.Commit(
            Actor.Portal,
            change =>
            {
                var passed = _clock.Tick(change);
                return tables.Select(table => RetentionClock.Mark(change, table, passed)).ToList();
            }
        );
        foreach (var (table, upTo) in tables.Zip(old))
        {
            if (upTo is { } place)
                await Delete(table, place, long.MaxValue, cancel);
        }

        if (time.GetTimestamp() < _nextCount)
            return;
        Count();
        foreach (var table in tables)
        {
            if (table.MaxRows is { } most && Counts[table.Table] - most is > 0 and var surplus)
                await Delete(table, long.MaxValue, surplus, cancel);
        }
    }

    private static TimeSpan PeriodOf(IEnumerable<Retention> tables)
    {
        var shortest = tables.Min(table => table.MaxAge ?? TimeSpan.MaxValue);
        return TimeSpan.FromSeconds(Math.Clamp(shortest.TotalSeconds / 60, 1, 60));
    }

    private async Task Delete(Retention table, long upTo, long most, CancellationToken cancel)
    {
        var left = most;
        while (left > 0)
        {
            var begun = Stopwatch.GetTimestamp();
            var step = await log.Commit(Actor.Portal, change => Step(change, table, upTo, left));
            left -= step.Rows;
            lock (_counts)
                _counts[table.Table] = Math.Max(0, _counts.GetValueOrDefault(table.Table) - step.Rows);
            if (step.IsDone)
                return;
            await Task.Delay(Stopwatch.GetElapsedTime(begun) * (Share - 1), cancel);
        }
    }

    private static Deleted Step(Change change, Retention table, long upTo, long most)
    {
        var begun = Stopwatch.GetTimestamp();
        var rows = 0L;
        do
        {
            var some = table.Delete(change, upTo, (int)Math.Min(Rows, most - rows));
            rows += some.Rows;
            if (some.IsDone)
                return new Deleted(rows, IsDone: true);
        } while (rows < most && Stopwatch.GetElapsedTime(begun) < s_step);
        return new Deleted(rows, IsDone: false);
    }

    /// <summary>Counts on a snapshot of its own, beside the writer.</summary>
    private void Count()
    {
        var begun = time.GetTimestamp();
        foreach (var table in tables)
        {
            var rows = database.Read(table.Count);
            lock (_counts)
                _counts[table.Table] = rows;
        }

        var pause = TimeSpan.FromTicks(Math.Max(s_leastPause.Ticks, time.GetElapsedTime(begun).Ticks * CountShare));
        _nextCount = time.GetTimestamp() + (long)(pause.TotalSeconds * time.TimestampFrequency);
    }
}
