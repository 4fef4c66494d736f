namespace EPortal.Tests.Replication;

/// <summary>The machine's clock, wrong by as much as a test likes. Timers run as they should.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
}
