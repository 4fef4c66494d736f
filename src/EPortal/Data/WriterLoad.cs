namespace EPortal.Data;

/// <summary>
/// Whether so many changes come that their answers should not wait for work that can be done later. The writer owns it
/// and counts what each commit brings; no locks.
/// </summary>
internal sealed class WriterLoad(TimeProvider time)
{
    /// <summary>Changes in a window that are many: 2000 a second.</summary>
    public const int Many = 200;

    private static readonly TimeSpan s_window = TimeSpan.FromMilliseconds(100);

    private long _began = time.GetTimestamp();
    private int _came;
    private bool _wasHigh;
    private volatile bool _isHigh;

    /// <summary>Whether it is so; any thread may ask.</summary>
    public bool IsHigh => _isHigh;

    /// <summary>
    /// Counts what a commit brings; nothing is no load. What comes alone keeps nobody else waiting and does not count,
    /// but in a storm every second commit begins with one: it must not do at leisure what the others wait for.
    /// </summary>
    public void Count(int came)
    {
        var elapsed = time.GetElapsedTime(_began);
        if (elapsed >= s_window)
        {
            // A window that ended long ago says nothing about now.
            _wasHigh = _came > Many && elapsed < 2 * s_window;
            (_began, _came) = (time.GetTimestamp(), 0);
        }

        if (came > 1)
            _came += came;
        _isHigh = came > 0 && (_wasHigh || _came > Many);
    }
}
