using System.Security.Cryptography;

namespace EPortal.Accounts;

/// <summary>
/// Slots for something that takes long, so many at a time. The lowest rank comes first; among equals the newest and one
/// drawn by lot in alternation, so that neither those who came first nor those who keep coming can hold up all others.
/// When too many wait the last of that order is turned away.
/// </summary>
/// <param name="atOnce">Slots at a time.</param>
/// <param name="waiting">How many may wait.</param>
internal sealed class AdmissionQueue(int atOnce, int waiting)
{
    private readonly Lock _gate = new();
    private readonly List<Waiter> _waiters = [];
    private int _free = atOnce;
    private bool _byLot;

    /// <summary>How many wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _waiters.Count;
        }
    }

    /// <summary>Waits for a slot, which ends when it is disposed of; null when too many wait who come before.</summary>
    public async Task<IDisposable?> Wait(int rank, CancellationToken cancel)
    {
        var waiter = new Waiter(rank);
        lock (_gate)
        {
            if (_free > 0)
            {
                _free--;
                return new Slot(this);
            }

            _waiters.Add(waiter);
            if (_waiters.Count > waiting)
                Reject();
        }

        await using var registered = cancel.Register(() => Leave(waiter, cancel));
        return await waiter.Came.Task;
    }

    /// <summary>Of the highest rank, who has waited longest.</summary>
    private void Reject()
    {
        var last = _waiters.MaxBy(waiter => waiter.Rank)!;
        _waiters.Remove(last);
        last.Came.SetResult(null);
    }

    private void Leave(Waiter waiter, CancellationToken cancel)
    {
        lock (_gate)
        {
            if (_waiters.Remove(waiter))
                waiter.Came.SetCanceled(cancel);
        }
    }

    private void Next()
    {
        lock (_gate)
        {
            if (_waiters.Count == 0)
            {
                _free++;
                return;
            }

            var least = _waiters.Min(waiter => waiter.Rank);
            var first = _waiters.FindAll(waiter => waiter.Rank == least);
            var next = first[_byLot ? RandomNumberGenerator.GetInt32(first.Count) : ^1];
            _byLot = !_byLot;
            _waiters.Remove(next);
            next.Came.SetResult(new Slot(this));
        }
    }

    /// <summary>Somebody who waits; those who came later stand further back in the list.</summary>
    private sealed class Waiter(int rank)
    {
        public int Rank { get; } = rank;

        public TaskCompletionSource<IDisposable?> Came { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Slot(AdmissionQueue queue) : IDisposable
    {
        private int _ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0)
                queue.Next();
        }
    }
}
