using System.Diagnostics;

namespace EPortal.PatchSource;

/// <summary>
/// Cancels when nothing has come for a while, or less than a source must send in the time it has taken.
/// </summary>
internal sealed class StallTimeout : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly TimeSpan _longest;
    private readonly int _lowestRate;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private long _bytes;

    public StallTimeout(TimeSpan longest, int lowestRate, CancellationToken cancel)
    {
        (_longest, _lowestRate) = (longest, lowestRate);
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _source.CancelAfter(longest);
    }

    /// <summary>Cancelled by too long a silence, or too slow a drip.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether it was a drip.</summary>
    public bool WasDrip { get; private set; }

    /// <summary>Data arrived: the timeout restarts, unless it is too little for the time that it took.</summary>
    public void Broken(int bytes)
    {
        _bytes += bytes;
        WasDrip = _clock.Elapsed > _longest + TimeSpan.FromSeconds((double)_bytes / _lowestRate);
        if (WasDrip)
            _source.Cancel();
        else
            _source.CancelAfter(_longest);
    }

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
