using Xunit;

namespace EPortal.Tests.Kcarectl;

/// <summary>A registered host whose agent trusts the key of its portal; both are this test's own.</summary>
public abstract class RegisteredHostTests : IAsyncLifetime
{
    private protected FakeHost Host { get; } = new();

    private protected FakePortal Portal { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync()
    {
        Portal = await FakePortal.StartAsync();
        Host.PointAt(Portal.Address);
        Host.Put("etc/sysconfig/kcare/systemid", "server_id=ABCDEFGHIJKLMNOP\n");
        Host.Trust(Portal.Key);
    }

    public async ValueTask DisposeAsync()
    {
        await Portal.DisposeAsync();
        Host.Dispose();
        GC.SuppressFinalize(this);
    }
}
