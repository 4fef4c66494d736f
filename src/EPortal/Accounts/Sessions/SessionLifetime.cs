namespace EPortal.Accounts.Sessions;

/// <summary>How long logins last.</summary>
/// <param name="Lifetime">What the settings say; null until the browser closes.</param>
/// <param name="FromLastUse">Whether it counts from the last use instead of from the login.</param>
internal sealed record SessionLifetime(TimeSpan? Lifetime, bool FromLastUse)
{
    /// <summary>A browser that never closes is forgotten after so long without use.</summary>
    private static readonly TimeSpan s_idle = TimeSpan.FromDays(7);

    private static readonly TimeSpan s_coarsest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_finest = TimeSpan.FromSeconds(1);

    /// <summary>When a session ends that began and was last used then.</summary>
    public DateTimeOffset End(DateTimeOffset created, DateTimeOffset seen) =>
        Lifetime is not { } lifetime ? seen + s_idle
        : FromLastUse ? seen + lifetime
        : created + lifetime;

    /// <summary>Whether a noted use lengthens what the browser was told.</summary>
    public bool IsRefreshed => Lifetime is not null && FromLastUse;

    /// <summary>How exactly the last use is noted: often enough that the end is right within a twentieth.</summary>
    public TimeSpan Step { get; } =
        Lifetime is { } lifetime && FromLastUse && lifetime / 20 < s_coarsest
            ? TimeSpan.FromTicks(Math.Max((lifetime / 20).Ticks, s_finest.Ticks))
            : s_coarsest;
}
