using System.Net;
using System.Net.Sockets;
using EPortal.PatchSource;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary>Which addresses a patch source may have, and how long it is waited for.</summary>
public sealed class SsrfGuardTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.255.255.254", true)]
    [InlineData("0.0.0.0", true)]
    [InlineData("0.1.2.3", true)]
    [InlineData("169.254.169.254", true)]
    [InlineData("224.0.0.1", true)]
    [InlineData("255.255.255.255", true)]
    [InlineData("::1", true)]
    [InlineData("::", true)]
    [InlineData("::127.0.0.1", true)]
    [InlineData("::ffff:127.0.0.1", true)]
    [InlineData("::ffff:169.254.169.254", true)]
    [InlineData("64:ff9b::7f00:1", true)]
    [InlineData("64:ff9b:1::a9fe:a9fe", true)]
    [InlineData("2002:7f00:1::", true)]
    [InlineData("fe80::1", true)]
    [InlineData("ff02::1", true)]
    [InlineData("10.1.2.3", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("203.0.113.9", false)]
    [InlineData("::ffff:10.1.2.3", false)]
    [InlineData("64:ff9b::cb00:7109", false)]
    [InlineData("2002:cb00:7109::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("2001:db8::1", false)]
    public void Addresses_of_this_machine_and_its_link_are_told_apart(string address, bool isLocal) =>
        SsrfGuard.IsLocal(IPAddress.Parse(address)).ShouldBe(isLocal);

    [Fact]
    public async Task A_name_is_looked_up_once_a_connection_and_what_it_then_says_is_what_is_checked()
    {
        using var here = new TcpListener(IPAddress.Loopback, 0);
        here.Start();
        var port = ((IPEndPoint)here.LocalEndpoint).Port;
        var lookups = 0;
        using var http = new SourceHttp(
            new SourceOptions
            {
                Url = new Uri($"http://patches.example:{port}/"),
                Attempts = 2,
                FirstPause = TimeSpan.FromMilliseconds(1),
                Resolve = (host, _) =>
                {
                    host.ShouldBe("patches.example");
                    lookups++;
                    return Task.FromResult<IPAddress[]>([IPAddress.Loopback, IPAddress.Parse("169.254.1.1")]);
                },
            },
            TimeProvider.System
        );

        var refused = await Should.ThrowAsync<SourceException>(() =>
            http.GetAsync("index.json", 100, CachePolicy.Any, Cancellation)
        );

        refused.Message.ShouldContain("patches.example resolves to an address of this machine or its link");
        lookups.ShouldBe(2, "one an attempt");
        here.Pending().ShouldBeFalse();
    }

    [Fact]
    public async Task Attempts_wait_longer_each_time_and_as_long_as_the_source_asks_for()
    {
        await using var source = await FakeSource.StartAsync();
        var time = new FakeTimeProvider();
        string? retryAfter = null;
        source.Misbehave = (context, _) =>
        {
            context.Response.StatusCode = 503;
            if (retryAfter is not null)
                context.Response.Headers.RetryAfter = retryAfter;
            return Task.FromResult(true);
        };
        var options = new SourceOptions
        {
            Url = source.Address,
            FirstPause = TimeSpan.FromSeconds(1),
            LongestPause = TimeSpan.FromMinutes(1),
            Attempts = 4,
        };
        using var http = new SourceHttp(options, time);

        var waited = await WaitedAsync(time, http.GetAsync("index.json", 100, CachePolicy.Any, Cancellation));
        source.Asked("index.json").ShouldBe(4);
        waited.ShouldBeInRange(TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(60));

        retryAfter = "30";
        (await WaitedAsync(time, http.GetAsync("other", 100, CachePolicy.Any, Cancellation))).ShouldBe(
            TimeSpan.FromSeconds(90),
            TimeSpan.FromSeconds(3)
        );
        source.Asked("other").ShouldBe(4);

        retryAfter = "3600";
        (await WaitedAsync(time, http.GetAsync("third", 100, CachePolicy.Any, Cancellation))).ShouldBe(
            TimeSpan.Zero,
            "so long nobody waits for it; the next sync asks again"
        );
        source.Asked("third").ShouldBe(1);
    }

    [Fact]
    public async Task A_source_that_takes_the_call_and_says_nothing_is_given_up()
    {
        await using var source = await FakeSource.StartAsync();
        source.Misbehave = async (context, _) =>
        {
            await FakeSource.HangAsync(context);
            return true;
        };
        using var http = new SourceHttp(
            new SourceOptions
            {
                Url = source.Address,
                Timeout = TimeSpan.FromSeconds(2),
                Attempts = 2,
                FirstPause = TimeSpan.FromMilliseconds(1),
            },
            TimeProvider.System
        );

        // So large a file may take so long that it is the silence that ends it.
        var e = await Should.ThrowAsync<SourceException>(() =>
            http.GetAsync("index.json", 100_000_000, CachePolicy.Any, Cancellation)
        );

        e.Message.ShouldContain("stopped sending index.json");
        source.Asked("index.json").ShouldBe(2);
    }

    /// <summary>
    /// How much of the test's time passes until it fails; time passes only while somebody waits for it.
    /// </summary>
    private static async Task<TimeSpan> WaitedAsync(FakeTimeProvider time, Task<SmallFile> failing)
    {
        var start = time.GetUtcNow();
        (await Should.ThrowAsync<SourceException>(() => time.PassUntilAsync(failing))).Code.ShouldBe(
            SourceError.Failing
        );
        return time.GetUtcNow() - start;
    }
}
