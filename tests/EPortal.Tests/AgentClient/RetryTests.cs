using EPortal.AgentClient;
using EPortal.AgentClient.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace EPortal.Tests.AgentClient;

public sealed class RetryTests
{
    private readonly List<TimeSpan> _pauses = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_busy_portal_is_left_alone_for_as_long_as_it_asks()
    {
        var calls = 0;
        await using var server = await StubServer.StartAsync(c =>
            ++calls <= 2 ? Busy(c, calls == 1 ? 503 : 429, "7") : c.Response.WriteAsync("{\"supported\":false}")
        );
        (await server.Client(pause: Pause).CheckInAsync(new CheckInRequest(), Cancel)).Supported.ShouldBeFalse();
        _pauses.Count.ShouldBe(2);
        _pauses.ShouldAllBe(p => p >= TimeSpan.FromSeconds(7) && p < TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_date_is_understood_too()
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2026-01-05T10:00:00Z", null));
        var calls = 0;
        await using var server = await StubServer.StartAsync(c =>
            ++calls == 1
                ? Busy(c, 503, "Mon, 05 Jan 2026 10:00:20 GMT")
                : c.Response.WriteAsync("{\"supported\":false}")
        );
        await server.Client(pause: Pause, time: time).CheckInAsync(new CheckInRequest(), Cancel);
        _pauses.Single().ShouldBeInRange(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(21));
    }

    [Fact]
    public async Task A_pause_longer_than_the_limit_is_not_waited_for()
    {
        await using var server = await StubServer.StartAsync(c => Busy(c, 503, "86400"));
        var failure = await Should.ThrowAsync<PortalException>(() =>
            server.Client(pause: Pause).CheckInAsync(new CheckInRequest(), Cancel)
        );
        failure.Code.ShouldBe(PortalError.Overloaded);
        failure.RetryAfter.ShouldBe(TimeSpan.FromDays(1));
        _pauses.ShouldBeEmpty();
    }

    [Fact]
    public async Task Tries_are_bounded_and_pauses_grow_at_most_twofold()
    {
        await using var server = await StubServer.StartAsync(c =>
        {
            c.Response.StatusCode = 500;
            return Task.CompletedTask;
        });
        var failure = await Should.ThrowAsync<PortalException>(() =>
            server.Client(pause: Pause).CheckInAsync(new CheckInRequest(), Cancel)
        );
        failure.Code.ShouldBe(PortalError.ServerFault);
        server.Requests.Count.ShouldBe(4);
        for (var i = 0; i < _pauses.Count; i++)
            _pauses[i].ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(Math.Pow(2, i)));
    }

    [Fact]
    public async Task A_registration_that_may_have_succeeded_is_not_repeated()
    {
        await using var server = await StubServer.StartAsync(c =>
        {
            c.Abort();
            return Task.CompletedTask;
        });
        await Should.ThrowAsync<PortalException>(() =>
            server.Client(pause: Pause).RegisterAsync("host", "key", Cancel)
        );
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var other = await StubServer.StartAsync(c => c.Response.WriteAsync("{\"supported\":false}"));
        await using var server = await StubServer.StartAsync(c =>
        {
            c.Response.Redirect(new Uri(other.Address, "/x").ToString(), permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        });
        var failure = await Should.ThrowAsync<PortalException>(() =>
            server.Client().CheckInAsync(new CheckInRequest(), Cancel)
        );
        failure.Code.ShouldBe(PortalError.Redirected);
        other.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_answer_beyond_its_bound_is_refused()
    {
        await using var server = await StubServer.StartAsync(async c =>
        {
            for (var i = 0; i < 1000; i++)
                await c.Response.WriteAsync(new string(' ', 10_000), c.RequestAborted);
        });
        (
            await Should.ThrowAsync<PortalException>(() => server.Client().CheckInAsync(new CheckInRequest(), Cancel))
        ).Code.ShouldBe(PortalError.BadAnswer);
    }

    [Fact]
    public async Task A_page_instead_of_json_is_refused()
    {
        await using var server = await StubServer.StartAsync(c => c.Response.WriteAsync("<html>Please log in</html>"));
        (
            await Should.ThrowAsync<PortalException>(() => server.Client().CheckInAsync(new CheckInRequest(), Cancel))
        ).Code.ShouldBe(PortalError.BadAnswer);
    }

    [Fact]
    public async Task No_portal_at_all_is_unreachable()
    {
        var server = await StubServer.StartAsync(_ => Task.CompletedTask);
        var client = server.Client(pause: Pause);
        await server.DisposeAsync();
        (await Should.ThrowAsync<PortalException>(() => client.RegisterAsync("host", "key", Cancel))).Code.ShouldBe(
            PortalError.Unreachable
        );
        _pauses.Count.ShouldBe(3); // nothing was sent, so even a registration may be repeated
    }

    private static Task Busy(HttpContext context, int status, string wait)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.RetryAfter = wait;
        return Task.CompletedTask;
    }

    private Task Pause(TimeSpan time, CancellationToken cancel)
    {
        _pauses.Add(time);
        return Task.CompletedTask;
    }
}
