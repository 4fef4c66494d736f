namespace EPortal.Data;

/// <summary>
/// How old rows are, by time that passed while the portal ran and not by the wall clock: that can stand a year ahead
/// for a day, and then neither everything may be deleted nor nothing for a year. Kept in the store, so it goes on after
/// a restart. For the writer.
/// </summary>
/// <param name="period">How often it is moved on. A step counts for at most two of it.</param>
internal sealed class RetentionClock(TimeSpan period)
{
    /// <summary>Marks of a table within its age: one age in so many is how exact it is.</summary>
    private const int Marks = 1000;

    /// <summary>Moves it on and gives the time that has passed, in microseconds.</summary>
    public long Tick(Change change)
    {
        var wall = UnixMicros.Of(change.Now);
        var passed = 0L;
        using (var row = change.Session.Query("SELECT passed, wall FROM retention_clock"))
        {
            if (row.Read())
                passed = row.GetInt64(0) + Math.Clamp(wall - row.GetInt64(1), 0, 2 * MicrosOf(period));
        }

        change.Session.Execute(
            """
            INSERT INTO retention_clock (one, passed, wall) VALUES (1, @passed, @wall)
            ON CONFLICT (one) DO UPDATE SET passed = excluded.passed, wall = excluded.wall
            """,
            ("@passed", passed),
            ("@wall", wall)
        );
        return passed;
    }

    /// <summary>
    /// Marks how far a table has come by now, and gives the place up to which its rows are too old; null when none are.
    /// </summary>
    public static long? Mark(Change change, Retention retention, long passed)
    {
        if (retention.MaxAge is not { } age)
            return null;
        var session = change.Session;
        var newest = retention.Newest(change);
        // Only where rows have come since: a portal at rest writes nothing.
        session.Execute(
            """
            INSERT INTO retention_mark (name, passed, newest) SELECT @name, @passed, @newest
            WHERE NOT EXISTS (SELECT 1 FROM retention_mark WHERE name = @name AND (passed > @since OR newest >= @newest))
            """,
            ("@name", retention.Table),
            ("@passed", passed),
            ("@newest", newest),
            ("@since", passed - (MicrosOf(age) / Marks))
        );
        var upTo = (long?)
            session.Scalar(
                "SELECT max(newest) FROM retention_mark WHERE name = @name AND passed <= @old",
                ("@name", retention.Table),
                ("@old", passed - MicrosOf(age))
            );
        if (upTo is not null)
            session.Execute(
                "DELETE FROM retention_mark WHERE name = @name AND newest < @upTo",
                ("@name", retention.Table),
                ("@upTo", upTo)
            );
        return upTo;
    }

    private static long MicrosOf(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;
}
