namespace EPortal.Servers.CheckIns;

/// <summary>Tells whether so many calls of agents come that their answers should not wait for anything else.</summary>
internal sealed class LoadDetector
{
    private const int WindowMilliseconds = 100;

    /// <summary>Calls in a window that are many: 2000 a second.</summary>
    private const int Many = 200;

    private long _began;
    private int _came;
    private bool _last;

    /// <summary>Whether it is so, now that some more have come.</summary>
    public bool Is(int came)
    {
        var now = Environment.TickCount64;
        if (now - _began >= WindowMilliseconds)
        {
            // A window that ended long ago says nothing about now.
            _last = _came > Many && now - _began < 2 * WindowMilliseconds;
            (_began, _came) = (now, 0);
        }

        _came += came;
        return _last || _came > Many;
    }
}
