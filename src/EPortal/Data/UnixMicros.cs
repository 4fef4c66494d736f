namespace EPortal.Data;

/// <summary>Times as the store keeps them: Unix microseconds, UTC.</summary>
internal static class UnixMicros
{
    /// <summary>The number of a moment.</summary>
    public static long Of(DateTimeOffset moment) =>
        (moment.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The moment of a number.</summary>
    public static DateTimeOffset ToTime(long micros) =>
        DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);
}
