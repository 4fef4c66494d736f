using System.Security.Cryptography;
using EPortal.AgentClient;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace EPortal.Tests.AgentClient;

public sealed class DownloadTests : IDisposable
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 400_000).Select(i => (byte)(i * 7 >> 3))];
    private static readonly string Hash = Convert.ToHexStringLower(SHA256.HashData(Content));
    private readonly string _folder = Directory.CreateTempSubdirectory("download").FullName;

    private string Target => Path.Combine(_folder, "kpatch.bin");

    private string Part => Target + ".part";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_file_arrives_with_credentials_sent_and_no_part_left()
    {
        var credentials = "";
        await using var server = await StubServer.StartAsync(c =>
        {
            credentials = c.Request.Headers.Authorization.ToString();
            return Whole(c, Content);
        });
        await FetchAsync(server.Client());
        (await File.ReadAllBytesAsync(Target, Cancel)).ShouldBe(Content);
        File.Exists(Part).ShouldBeFalse();
        server.Requests.ShouldHaveSingleItem().ShouldStartWith("GET /k/3/kpatch.bin?sha256=");
        credentials.ShouldBe("Basic " + Convert.ToBase64String("ABCDEFGHIJKLMNOP:kernelcare"u8));
    }

    [Fact]
    public async Task An_empty_file_arrives()
    {
        await using var server = await StubServer.StartAsync(c => Whole(c, []));
        await server
            .Client()
            .DownloadAsync("k", 3, "kpatch.bin", Target, 0, Convert.ToHexStringLower(SHA256.HashData([])), Cancel);
        new FileInfo(Target).Length.ShouldBe(0);
    }

    [Fact]
    public async Task A_cut_connection_is_resumed_where_it_broke()
    {
        var ranges = new List<string>();
        var calls = 0;
        await using var server = await StubServer.StartAsync(c =>
        {
            ranges.Add($"{c.Request.Headers.Range}|{c.Request.Headers.IfRange}");
            return ++calls == 1 ? CutAsync(c, 0, 150_000) : FromAsync(c, calls == 2 ? 150_000 : 0);
        });
        await FetchAsync(server.Client());
        (await File.ReadAllBytesAsync(Target, Cancel)).ShouldBe(Content);
        ranges.ShouldBe(["|", $"bytes=150000-|\"{Hash}\""]);
    }

    [Fact]
    public async Task A_part_of_an_earlier_run_is_gone_on_with()
    {
        await File.WriteAllBytesAsync(Part, Content[..100], Cancel);
        await using var server = await StubServer.StartAsync(c => FromAsync(c, 100));
        await FetchAsync(server.Client());
        (await File.ReadAllBytesAsync(Target, Cancel)).ShouldBe(Content);
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_part_of_something_else_costs_one_more_download()
    {
        await File.WriteAllBytesAsync(Part, new byte[1000], Cancel);
        await using var server = await StubServer.StartAsync(c =>
            c.Request.Headers.Range.Count > 0 ? FromAsync(c, 1000) : Whole(c, Content)
        );
        await FetchAsync(server.Client());
        (await File.ReadAllBytesAsync(Target, Cancel)).ShouldBe(Content);
        server.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_portal_that_cannot_go_on_is_asked_from_the_start()
    {
        await File.WriteAllBytesAsync(Part, Content[..100], Cancel);
        await using var server = await StubServer.StartAsync(c =>
        {
            if (c.Request.Headers.Range.Count == 0)
                return Whole(c, Content);
            c.Response.StatusCode = 416;
            return Task.CompletedTask;
        });
        await FetchAsync(server.Client());
        (await File.ReadAllBytesAsync(Target, Cancel)).ShouldBe(Content);
    }

    [Fact]
    public async Task Wrong_bytes_are_refused_and_not_kept()
    {
        var wrong = (byte[])Content.Clone();
        wrong[123_456] ^= 1;
        await using var server = await StubServer.StartAsync(c => Whole(c, wrong));
        (await FailAsync(server.Client())).Code.ShouldBe(PortalError.WrongHash);
        Directory.EnumerateFiles(_folder).ShouldBeEmpty();
        server.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(399_999)]
    [InlineData(400_001)]
    public async Task Another_length_than_announced_is_refused_before_reading(int length)
    {
        await using var server = await StubServer.StartAsync(c => Whole(c, new byte[length]));
        (await FailAsync(server.Client())).Code.ShouldBe(PortalError.WrongLength);
        File.Exists(Part).ShouldBeFalse();
    }

    [Fact]
    public async Task An_endless_file_is_left_after_the_announced_size()
    {
        await using var server = await StubServer.StartAsync(async c =>
        {
            while (!c.RequestAborted.IsCancellationRequested)
                await c.Response.Body.WriteAsync(new byte[64 * 1024], c.RequestAborted);
        });
        (await FailAsync(server.Client())).Code.ShouldBe(PortalError.WrongLength);
        new FileInfo(Part).Length.ShouldBe(0);
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Not_more_than_one_byte_beyond_the_announced_size_is_taken()
    {
        using var body = new EndlessStream();
        using var http = new HttpClient(new OneAnswer(body));
        var client = new PortalClient(
            http,
            new PortalOptions { PatchServer = new Uri("http://portal/"), RegistrationUrl = new Uri("http://portal/") }
        );
        (await FailAsync(client)).Code.ShouldBe(PortalError.WrongLength);
        body.Taken.ShouldBe(Content.Length + 1);
    }

    [Fact]
    public async Task Silence_ends_a_try_and_what_came_is_kept()
    {
        await using var server = await StubServer.StartAsync(async c =>
        {
            var resumed = c.Request.Headers.Range.Count > 0;
            c.Response.StatusCode = resumed ? 206 : 200;
            c.Response.Headers.ContentRange = resumed ? "bytes 5000-399999/400000" : default;
            if (!resumed)
                await c.Response.Body.WriteAsync(Content.AsMemory(0, 5000), c.RequestAborted);
            await c.Response.Body.FlushAsync(c.RequestAborted);
            await Task.Delay(Timeout.Infinite, c.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        var failure = await FailAsync(server.Client(timeout: TimeSpan.FromMilliseconds(300)));
        failure.Code.ShouldBe(PortalError.Unreachable);
        new FileInfo(Part).Length.ShouldBe(5000);
        server.Requests.Count.ShouldBe(5);
    }

    [Fact]
    public async Task A_drip_is_given_up_although_it_never_stops()
    {
        await using var server = await StubServer.StartAsync(async c =>
        {
            c.Response.ContentLength = Content.Length;
            for (var i = 0; !c.RequestAborted.IsCancellationRequested; i++)
            {
                await c.Response.Body.WriteAsync(Content.AsMemory(i, 1), c.RequestAborted);
                await c.Response.Body.FlushAsync(c.RequestAborted);
                await Task.Delay(20, c.RequestAborted);
            }
        });
        var client = new PortalClient(
            PortalClient.CreateHttpClient(new("tests", "1")),
            new PortalOptions
            {
                PatchServer = server.Address,
                RegistrationUrl = server.Address,
                Timeout = TimeSpan.FromMilliseconds(200),
                LongestPause = TimeSpan.Zero,
                LowestRate = 4_000_000,
                Attempts = 2,
            }
        );
        (await FailAsync(client)).Code.ShouldBe(PortalError.TooSlow);
    }

    [Fact]
    public async Task Compressed_content_is_refused()
    {
        await using var server = await StubServer.StartAsync(c =>
        {
            c.Response.Headers.ContentEncoding = "gzip";
            return Whole(c, Content);
        });
        (await FailAsync(server.Client())).Code.ShouldBe(PortalError.BadAnswer);
    }

    [Theory]
    [InlineData(404, PortalError.NotFound)]
    [InlineData(401, PortalError.UnknownServer)]
    [InlineData(500, PortalError.ServerFault)]
    public async Task A_refusal_has_its_name(int status, PortalError error)
    {
        await using var server = await StubServer.StartAsync(c =>
        {
            c.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        (await FailAsync(server.Client())).Code.ShouldBe(error);
    }

    private Task FetchAsync(PortalClient client) =>
        client.DownloadAsync("k", 3, "kpatch.bin", Target, Content.Length, Hash, Cancel);

    private async Task<PortalException> FailAsync(PortalClient client)
    {
        var failure = await Should.ThrowAsync<PortalException>(() => FetchAsync(client));
        File.Exists(Target).ShouldBeFalse();
        return failure;
    }

    private static async Task Whole(HttpContext context, byte[] content)
    {
        context.Response.ContentLength = content.Length;
        await context.Response.Body.WriteAsync(content, context.RequestAborted);
    }

    private static async Task FromAsync(HttpContext context, int start)
    {
        context.Response.StatusCode = 206;
        context.Response.Headers.ContentRange = $"bytes {start}-{Content.Length - 1}/{Content.Length}";
        context.Response.ContentLength = Content.Length - start;
        await context.Response.Body.WriteAsync(Content.AsMemory(start), context.RequestAborted);
    }

    private static async Task CutAsync(HttpContext context, int start, int length)
    {
        context.Response.ContentLength = Content.Length;
        await context.Response.Body.WriteAsync(Content.AsMemory(start, length), context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        // What is on its way may still be lost with the connection: give the reader the time to take it.
        await Task.Delay(200, context.RequestAborted);
        context.Abort();
    }
}
