using System.Data.Common;

namespace EPortal.Data;

/// <summary>A change that waits for the writer.</summary>
internal abstract class PendingChange(Actor actor)
{
    /// <summary>Who makes it.</summary>
    public Actor Actor { get; } = actor;

    /// <summary>Runs it; false when it refused and must be rolled back.</summary>
    /// <exception cref="DbException">The database failed, and with it the whole commit.</exception>
    public abstract bool Run(Change change);

    /// <summary>Refuses it before it runs; the caller is told after the commit.</summary>
    public abstract void Refuse(Exception refusal);

    /// <summary>Tells the waiting caller, after the commit.</summary>
    public abstract void Acknowledge();

    /// <summary>Tells the waiting caller that the commit failed.</summary>
    public abstract void Fail(Exception failure);
}

/// <summary>A change with a result.</summary>
internal sealed class PendingChange<T>(Actor actor, Func<Change, T> work) : PendingChange(actor)
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;
    private Exception? _refusal;

    /// <summary>Done when the change is on disk, or faulted.</summary>
    public Task<T> Result => _done.Task;

    /// <inheritdoc/>
    public override bool Run(Change change)
    {
        try
        {
            _result = work(change);
            change.Finish();
            return true;
        }
        catch (Exception e) when (e is not DbException)
        {
            _refusal = e;
            return false;
        }
    }

    /// <inheritdoc/>
    public override void Refuse(Exception refusal) => _refusal = refusal;

    /// <inheritdoc/>
    public override void Acknowledge()
    {
        if (_refusal is null)
            _done.SetResult(_result!);
        else
            _done.SetException(_refusal);
    }

    /// <inheritdoc/>
    public override void Fail(Exception failure) => _done.TrySetException(_refusal ?? failure);
}
