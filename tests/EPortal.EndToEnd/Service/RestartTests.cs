using EPortal.EndToEnd.Portal;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Service;

/// <summary>
/// A portal that is started anew while hosts call refuses nobody: its listening socket is kept by the service manager.
/// </summary>
public sealed class RestartTests : IDisposable
{
    private const int Restarts = 3;

    private readonly PortalInstallation _installation = new();
    private readonly ServiceManagerDouble _manager;
    private readonly int _port = Ports.Free();

    public RestartTests()
    {
        _manager = new ServiceManagerDouble(_installation.PathOf("notify"));
        _installation.Environment["EPORTAL_LISTEN"] = $"http://127.0.0.1:{_port}";
    }

    public void Dispose()
    {
        _manager.Dispose();
        _installation.Dispose();
    }

    [Fact]
    public async Task With_the_socket_of_a_socket_unit()
    {
        using var socket = ServiceManagerDouble.Listening(_port);
        KeyValuePair<string, int>[] sockets = [new("eportal.socket", (int)socket.Handle)];

        await RefusesNobodyAsync(() => sockets);

        _manager.Kept.ShouldBeEmpty("the unit keeps it");
    }

    [Fact]
    public async Task With_the_socket_that_it_opened_itself_and_gave_to_the_service_manager()
    {
        await RefusesNobodyAsync(() => [.. _manager.Kept]);

        _manager.Kept.Keys.ShouldBe([$"listen-127.0.0.1_{_port}"]);
    }

    [Fact]
    public async Task A_socket_that_LISTEN_does_not_name_any_more_is_let_go()
    {
        await using (var first = await StartAsync([]))
            await first.SignalAsync("TERM");
        var other = Ports.Free();
        _installation.Environment["EPORTAL_LISTEN"] = $"http://127.0.0.1:{other}";

        await using var second = await StartAsync([.. _manager.Kept]);

        second.Address.Port.ShouldBe(other);
        await Eventually.IsTrueAsync(
            "only the new one is kept",
            () => Task.FromResult(_manager.Kept.Keys.SequenceEqual([$"listen-127.0.0.1_{other}"]))
        );
    }

    [Fact]
    public async Task A_socket_unit_that_listens_elsewhere_is_told_of()
    {
        var other = Ports.Free();
        using var socket = ServiceManagerDouble.Listening(other);

        await using var portal = await StartAsync([new("eportal.socket", (int)socket.Handle)]);

        portal.Address.Port.ShouldBe(_port);
        await Eventually.IsTrueAsync(
            "it says so",
            () =>
                Task.FromResult(
                    portal.Errors.Contains(
                        $"warning: LISTEN does not name 127.0.0.1:{other}, on which socket unit 'eportal.socket' listens"
                    )
                )
        );
    }

    private async Task RefusesNobodyAsync(Func<IReadOnlyCollection<KeyValuePair<string, int>>> sockets)
    {
        await _installation.DoAsync("key", "-a", "fleet");
        var portal = await StartAsync(sockets());
        try
        {
            using var http = new HttpClient { BaseAddress = portal.Address };
            await using var caller = new SteadyCaller(portal.Address, await http.RegisterAsync("fleet"));
            for (var number = 0; number < Restarts; number++)
            {
                var before = caller.Answered;
                await Eventually.IsTrueAsync(
                    "hosts are answered",
                    () => Task.FromResult(caller.Answered > before + 200)
                );
                (await portal.SignalAsync("TERM")).ShouldBe(0, portal.Errors);
                portal = await StartAsync(sockets());
            }

            await caller.StopAsync();
            caller.Failures.ShouldBeEmpty();
            caller.Answered.ShouldBeGreaterThan(600);
        }
        finally
        {
            await portal.DisposeAsync();
        }

        _manager
            .Messages.Count(message => message.StartsWith("READY=1\nSTATUS=serving on http://127.0.0.1:"))
            .ShouldBe(Restarts + 1);
        _manager.Messages.Count(message => message.StartsWith("STOPPING=1")).ShouldBe(Restarts);
    }

    private async Task<PortalProcess> StartAsync(IReadOnlyCollection<KeyValuePair<string, int>> sockets)
    {
        var ready = _manager.Messages.Count(message => message.StartsWith("READY=1"));
        var portal = await _manager.StartAsync(_installation.Start(Programs.Portal, ["serve"]), sockets);
        await Eventually.IsTrueAsync(
            "it says that it is ready",
            () => Task.FromResult(_manager.Messages.Count(message => message.StartsWith("READY=1")) > ready)
        );
        return portal;
    }
}
