using EPortal.Data;
using Xunit;

namespace EPortal.Tests.Data;

/// <summary>
/// Holds a store's writer up in the middle of a commit, so that what is sent meanwhile comes into the next one
/// together.
/// </summary>
internal sealed class HeldWriter : IAsyncDisposable
{
    private readonly ManualResetEventSlim _held = new();
    private readonly ManualResetEventSlim _go = new();
    private readonly Task _commit;

    /// <summary>Holds it as soon as all that was sent before is in a commit, or shares one.</summary>
    public HeldWriter(ChangeLog log) =>
        _commit = log.Commit(
            Actor.Agent,
            _ =>
            {
                _held.Set();
                _go.Wait();
                return true;
            }
        );

    /// <summary>Holds it and comes back when that is so.</summary>
    public static HeldWriter Now(ChangeLog log)
    {
        var held = new HeldWriter(log);
        held._held.Wait(TestContext.Current.CancellationToken);
        return held;
    }

    /// <summary>Lets it go on; done when that commit is.</summary>
    public Task ReleaseAsync()
    {
        _go.Set();
        return _commit;
    }

    public async ValueTask DisposeAsync()
    {
        await ReleaseAsync();
        _held.Dispose();
        _go.Dispose();
    }
}
