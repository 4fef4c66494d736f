namespace EPortal.Cli;

/// <summary>
/// Shows how far long work is: a bar that redraws itself on a terminal, a line at each quarter elsewhere.
/// Both go to standard error.
/// </summary>
internal sealed class CliProgress : IProgress<long>, IDisposable
{
    /// <summary>For what comes through a pipe: nothing more is shown than that it began.</summary>
    public const long UnknownTotal = 0;

    private const int BarWidth = 30;

    private const int LineSteps = 4;

    private static readonly TimeSpan RedrawEvery = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly CliContext _context;
    private readonly string _title;
    private readonly long _total;
    private long _drawnAt;
    private int _step;
    private bool _drawn;

    /// <summary>Begins; the total is in whatever unit <see cref="Report"/> counts.</summary>
    public CliProgress(CliContext context, string title, long total)
    {
        _context = context;
        _title = CliText.Safe(title);
        _total = total;
        if (!context.ErrorIsTerminal)
            context.Error.WriteLine($"{_title} ...");
    }

    /// <summary>How much is done in all; any thread may tell.</summary>
    public void Report(long value)
    {
        if (_total == UnknownTotal)
            return;
        var share = Math.Clamp((double)value / _total, 0, 1);
        lock (_gate)
        {
            if (_context.ErrorIsTerminal)
                Draw(share);
            else
                WriteStep((int)(share * LineSteps));
        }
    }

    /// <summary>Ends the bar's line.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_drawn)
                _context.Error.WriteLine();
            _drawn = false;
        }
    }

    private void Draw(double share)
    {
        var now = _context.Time.GetTimestamp();
        if (_drawn && share < 1 && _context.Time.GetElapsedTime(_drawnAt, now) < RedrawEvery)
            return;
        (_drawnAt, _drawn) = (now, true);
        var full = (int)(share * BarWidth);
        _context.Error.Write(
            $"\r{_title} [{new string('#', full)}{new string('.', BarWidth - full)}] {$"{(int)(share * 100)}".PadLeft(3)} %"
        );
    }

    private void WriteStep(int step)
    {
        if (step <= _step)
            return;
        _step = step;
        _context.Error.WriteLine($"{_title} {step * 100 / LineSteps} %");
    }
}
