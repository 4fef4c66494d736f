using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.PatchSource;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary>
/// Bodies without end, drips, wrong lengths, redirects, names that lead home; then pages and bombs (U10), and silence
/// (U11).
/// </summary>
[Trait("threat", "U9")]
public sealed class HostileSourceTests : IAsyncLifetime
{
    private FakeSource _source = null!;
    private SourceHouse _house = null!;

    public async ValueTask InitializeAsync()
    {
        _source = await FakeSource.StartAsync();
        await _source.AddAsync("K1", 1);
        _source.Publish();
        _house = SourceHouse.Open(_source);
        await _house.SyncAsync();
        await _house.EnableAllAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _house.DisposeAsync();
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task An_endless_body_is_cut_at_the_bound()
    {
        _source.Misbehave = (context, path) => EndlessAsync(context, path == "index.json.minisig");
        (await _house.RefusedAsync()).ShouldBe(SourceError.WrongLength);

        var entry = await _source.AddAsync("K2", 2);
        _source.Publish();
        _source.Misbehave = (context, path) => EndlessAsync(context, path == entry.Archive);
        (await _house.SyncAsync()).Failed.Single().Reason.ShouldContain("announced length");
    }

    [Fact]
    public async Task Lengths_that_no_sum_can_hold_are_refused()
    {
        foreach (var level in new[] { 2, 3 })
        {
            await _source.AddAsync($"K{level}", level);
            _source.Entries[^1] = _source.Entries[^1] with { Size = long.MaxValue };
        }

        _source.Publish();

        (await _house.RefusedAsync()).ShouldBe(SourceError.BadAnswer);

        _house.State().Message.ShouldContain("size");
        Serves();
    }

    [Fact]
    public async Task An_archive_that_would_take_years_is_waited_for_no_longer_than_a_timer_can()
    {
        var entry = await _source.AddAsync("K2", 2);
        _source.Entries[^1] = entry with { Size = 1L << 43 };
        _source.Publish();
        using var patient = _house.Connection(
            _source.Address,
            limits: PatchsetLimits.Default with
            {
                MaxArchiveBytes = 1L << 44,
            }
        );

        (await _house.SyncAsync(patient)).Failed.Single().Reason.ShouldContain("announced length");
    }

    [Fact]
    public async Task A_failure_that_nobody_thought_of_stops_neither_the_portal_nor_the_next_round()
    {
        var log = new Failures();
        await _house.Portal.Feeds.Add(SourceHouse.Admin, "now", new FeedSettings(Auto: true, DeployAfter: 0));
        var broken = _house.Connection(_source.Address);
        broken.Dispose();
        using var slot = new PatchSourceManager(
            new RuntimeSettings(_house.Portal.Database, Path.Combine(_house.Portal.Settings.DataDir, "none.json")),
            SourceSetting.Off with
            {
                Url = _source.Address,
            },
            _ => broken,
            _house.Portal.Log,
            cacheMode: false
        );
        using var worker = new SourceWorker(slot, _house.Portal.AutoUpdate, TimeSpan.FromHours(1), _house.Time, log);

        await worker.StartAsync(TestContext.Current.CancellationToken);
        while (_house.States("now").Single() != "K1:enabled" && !worker.ExecuteTask!.IsCompleted)
            await Task.Delay(10, TestContext.Current.CancellationToken);

        worker.ExecuteTask!.IsCompleted.ShouldBeFalse();
        _house.States("now").ShouldBe(["K1:enabled"]);
        log.Seen.Single().ShouldBeOfType<ObjectDisposedException>();
        await worker.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_drip_is_given_up()
    {
        _source.Misbehave = async (context, path) =>
        {
            if (path != "index.json")
                return false;
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(new byte[] { (byte)' ' }, CancellationToken.None);
                await context.Response.Body.FlushAsync(CancellationToken.None);
                await Task.WhenAny(FakeSource.HangAsync(context), Task.Delay(TimeSpan.FromMilliseconds(500)));
            }

            return true;
        };
        var entry = await _source.AddAsync("K2", 2);
        using var hasty = _house.Connection(_source.Address, patience: TimeSpan.FromSeconds(2));

        (await _house.RefusedAsync(hasty)).ShouldBe(SourceError.TooSlow);
        entry.ShouldNotBeNull();
        Serves();
    }

    [Theory]
    [InlineData("http://192.0.2.1/index.json")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://127.0.0.1:1/")]
    [InlineData("/elsewhere")]
    public async Task Redirects_are_not_followed(string location)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        _source.Misbehave = (context, path) =>
        {
            context.Response.Redirect(
                location.Replace(
                    "127.0.0.1:1/",
                    $"127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}/",
                    StringComparison.Ordinal
                )
            );
            return Task.FromResult(path.StartsWith("index", StringComparison.Ordinal));
        };

        (await _house.RefusedAsync()).ShouldBe(SourceError.Redirected);

        other.Pending().ShouldBeFalse("nobody came, so nobody brought the login");
        Serves();
    }

    [Theory]
    [InlineData("localhost.localdomain.test.invalid", "cannot reach")]
    [InlineData("ip6-localhost", "this machine")]
    public async Task A_name_that_leads_to_this_machine_is_refused_at_the_connection(string host, string said)
    {
        Assert.SkipWhen(host == "ip6-localhost" && !Resolves(host), "this machine does not know the name");
        using var connection = _house.Connection(new UriBuilder(_source.Address) { Host = host }.Uri);

        (await _house.RefusedAsync(connection)).ShouldBe(SourceError.Unreachable);

        _house.State().Message.ShouldContain(said);
    }

    [Fact]
    public async Task A_web_page_in_place_of_an_index_is_named()
    {
        _source.Misbehave = async (context, path) =>
        {
            if (path != "index.json")
                return false;
            context.Response.ContentType = "text/html";
            await context.Response.WriteAsync("<html>Please log in</html>");
            return true;
        };

        (await _house.RefusedAsync()).ShouldBe(SourceError.BadAnswer);

        _house.State().Message.ShouldContain("web page");
    }

    [Fact]
    public async Task A_compressed_answer_is_refused_unread()
    {
        _source.Misbehave = (context, path) =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            return Task.FromResult(false);
        };

        (await _house.RefusedAsync()).ShouldBe(SourceError.BadAnswer);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(404)]
    [InlineData(403)]
    public async Task An_outage_is_told_and_what_is_here_goes_on_being_served(int status)
    {
        _source.Misbehave = (context, _) =>
        {
            context.Response.StatusCode = status;
            return Task.FromResult(true);
        };

        (await _house.RefusedAsync()).ShouldBe(
            status switch
            {
                404 => SourceError.NotFound,
                403 => SourceError.Unauthorized,
                _ => SourceError.Failing,
            }
        );
        Serves();
        _house.State().SucceededAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_source_that_is_gone_is_told_and_what_is_here_goes_on_being_served()
    {
        await _source.DisposeAsync();

        (await _house.RefusedAsync()).ShouldBe(SourceError.Unreachable);

        Serves();
    }

    private sealed class Failures : ILogger<SourceWorker>
    {
        public ConcurrentQueue<Exception> Seen { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (exception is not null)
                Seen.Enqueue(exception);
        }
    }

    private void Serves() => _house.States().ShouldContain("K1:enabled");

    private static async Task<bool> EndlessAsync(HttpContext context, bool isIt)
    {
        if (!isIt)
            return false;
        var block = new byte[64 * 1024];
        while (!context.RequestAborted.IsCancellationRequested)
            await context.Response.Body.WriteAsync(block, CancellationToken.None);
        return true;
    }

    private static bool Resolves(string host)
    {
        try
        {
            return Dns.GetHostAddresses(host).Length > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
