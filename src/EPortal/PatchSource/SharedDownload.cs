namespace EPortal.PatchSource;

/// <summary>
/// One download that many read while it arrives. The end of the file is held back until its hash is verified, so nobody
/// ever gets all of a wrong file.
/// </summary>
internal sealed class SharedDownload : IProgress<long>
{
    private const int HeldBack = 4096;

    private readonly Lock _gate = new();
    private TaskCompletionSource _moved = New();
    private long _written;
    private int _beginnings;
    private bool _done;
    private Exception? _failure;

    /// <summary>A download of <paramref name="size"/> bytes into the part of <paramref name="file"/>.</summary>
    public SharedDownload(string file, long size) => (File, Size) = (file, size);

    /// <summary>Where it will lie.</summary>
    public string File { get; }

    /// <summary>Its length in bytes.</summary>
    public long Size { get; }

    /// <summary>How many bytes the part has; fewer than before when the download had to begin again.</summary>
    public void Report(long value)
    {
        lock (_gate)
        {
            if (value < _written)
                _beginnings++;
            _written = value;
            Move();
        }
    }

    /// <summary>The file is in place and right.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _done = true;
            Move();
        }
    }

    /// <summary>There will be no file.</summary>
    public void Fail(Exception failure)
    {
        lock (_gate)
        {
            _failure = failure;
            Move();
        }
    }

    /// <summary>Waits until there is something to read, and tells at which beginning.</summary>
    /// <exception cref="IOException">The download failed before.</exception>
    public async Task<int> Begun(CancellationToken cancel)
    {
        var (_, beginning) = await Readable(0, beginning: null, cancel);
        return beginning;
    }

    /// <summary>How far may be read, once that is beyond <paramref name="position"/> or all there is.</summary>
    /// <param name="position">What the reader has.</param>
    /// <param name="beginning">The beginning it read from; null for none yet.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <exception cref="IOException">The download failed, or began again after this reader had some of it.</exception>
    public async Task<(long Until, int Beginning)> Readable(long position, int? beginning, CancellationToken cancel)
    {
        while (true)
        {
            Task moved;
            lock (_gate)
            {
                if (_failure is not null)
                    throw new IOException("the patch source failed during the download", _failure);
                if (beginning is { } mine && mine != _beginnings && position > 0)
                    throw new IOException("the download was restarted");
                var until = _done ? Size : Math.Min(_written, Size - HeldBack);
                if (until > position || _done)
                    return (until, _beginnings);
                moved = _moved.Task;
            }

            await moved.WaitAsync(cancel);
        }
    }

    private void Move()
    {
        _moved.SetResult();
        _moved = New();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
