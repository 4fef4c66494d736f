namespace EPortal.PatchSource;

/// <summary>Adds up how far several downloads are.</summary>
internal sealed class SyncProgress(IProgress<long> total)
{
    private long _sum;

    /// <summary>What one of the downloads reports to.</summary>
    public IProgress<long> Part() => new OnePart(this);

    private void Add(long bytes) => total.Report(Interlocked.Add(ref _sum, bytes));

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
