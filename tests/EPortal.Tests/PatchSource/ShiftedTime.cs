namespace EPortal.Tests.PatchSource;

/// <summary>The system's clock, ahead by as much as a test says; timers run as ever.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private TimeSpan _ahead;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _ahead;

    public void Advance(TimeSpan by) => _ahead += by;
}
