namespace EPortal.PatchSource;

/// <summary>Cancels when nothing has come for a while.</summary>
internal sealed class Silence : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly TimeSpan _longest;

    public Silence(TimeSpan longest, CancellationToken cancel)
    {
        _longest = longest;
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Broken();
    }

    /// <summary>Cancelled by too long a silence.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Something came: the silence begins anew.</summary>
    public void Broken() => _source.CancelAfter(_longest);

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
