using System.Threading.Tasks.Sources;

namespace EPortal.Servers.CheckIns;

/// <summary>A check-in on its way to the disk, and the call that waits for it.</summary>
internal sealed class PendingCheckIn(PackedServerId id, long local, long uptime, PendingFacts? facts)
    : IValueTaskSource<bool>
{
    private ManualResetValueTaskSourceCore<bool> _done;

    /// <summary>Id of the host.</summary>
    public PackedServerId Id { get; } = id;

    /// <summary>This node's number of it.</summary>
    public long Local { get; } = local;

    /// <summary>Seconds since it booted.</summary>
    public long Uptime { get; } = uptime;

    /// <summary>What it says that may be new; null when only time and uptime are.</summary>
    public PendingFacts? Facts { get; } = facts;

    /// <summary>The version of its facts, which <see cref="ServerCache.Confirm"/> asks for.</summary>
    public ushort Version { get; set; }

    /// <summary>Whether the host was still there when the commit was made.</summary>
    public bool IsHere { get; set; }

    /// <summary>Done when it is on disk; may be awaited once.</summary>
    public ValueTask<bool> Task => new(this, _done.Version);

    /// <summary>Lets the call go on, on this thread.</summary>
    public void Finish(Exception? failure)
    {
        if (failure is null)
            _done.SetResult(IsHere);
        else
            _done.SetException(failure);
    }

    /// <inheritdoc/>
    bool IValueTaskSource<bool>.GetResult(short token) => _done.GetResult(token);

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _done.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags
    ) => _done.OnCompleted(continuation, state, token, flags);
}
