namespace EPortal.Data;

/// <summary>
/// Hybrid logical clock: 48 bits of Unix milliseconds and a counter of 16 bits in one number, which grows with every
/// operation made or received here, whatever the wall clock does (Kulkarni et al., 2014).
/// </summary>
internal static class HybridClock
{
    /// <summary>How far ahead of our own clock a received stamp may be.</summary>
    public static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(5);

    private const int CounterBits = 16;

    /// <summary>The next stamp after <paramref name="last"/>, at <paramref name="now"/>.</summary>
    public static long Next(long last, DateTimeOffset now) => Math.Max(last + 1, At(now));

    /// <summary>The lowest stamp of a moment.</summary>
    public static long At(DateTimeOffset moment) => moment.ToUnixTimeMilliseconds() << CounterBits;

    /// <summary>The moment of a stamp, to the millisecond.</summary>
    public static DateTimeOffset TimeOf(long stamp) => DateTimeOffset.FromUnixTimeMilliseconds(stamp >> CounterBits);

    /// <summary>Whether <paramref name="stamp"/> comes from a clock that is too far ahead to be believed.</summary>
    public static bool IsTooFarAhead(long stamp, DateTimeOffset now) => stamp > At(now + MaxSkew);
}
