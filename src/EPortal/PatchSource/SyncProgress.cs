namespace EPortal.PatchSource;

/// <summary>Adds up how far several downloads are, and tells all who want to know.</summary>
internal sealed class SyncProgress(params IReadOnlyList<IProgress<long>> totals)
{
    private long _sum;

    /// <summary>What one of the downloads reports to.</summary>
    public IProgress<long> Part() => new OnePart(this);

    private void Add(long bytes)
    {
        var sum = Interlocked.Add(ref _sum, bytes);
        foreach (var total in totals)
            total.Report(sum);
    }

    private sealed class OnePart(SyncProgress whole) : IProgress<long>
    {
        private long _last;

        public void Report(long value)
        {
            whole.Add(value - _last);
            _last = value;
        }
    }
}
