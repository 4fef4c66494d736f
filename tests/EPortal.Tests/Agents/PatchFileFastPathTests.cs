using System.Net;
using System.Security.Cryptography;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents;

/// <summary>A whole file that is known to be intact is sent from memory, and like any other.</summary>
public sealed class PatchFileFastPathTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    [InlineData("Patches.Example.COM:8080", HttpStatusCode.OK)]
    [InlineData("a.int.example", HttpStatusCode.OK)]
    [InlineData("evil.example", HttpStatusCode.BadRequest)]
    [InlineData("int.example", HttpStatusCode.BadRequest)]
    public async Task Only_requests_that_name_an_allowed_host_are_answered(string host, HttpStatusCode status)
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                AllowedHosts = ["127.0.0.1", "patches.example.com", "*.int.example"],
            }
        );
        await portal.DeployAsync("K1", 1);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/{TestPortal.KernelId}/1/kpatch.bin");
        request.Headers.Host = host;

        using var answer = await portal.Http.SendAsync(request, Cancellation);

        answer.StatusCode.ShouldBe(status);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(128 * 1024)]
    [InlineData(128 * 1024 + 1)]
    [InlineData(1024 * 1024)]
    [InlineData(1024 * 1024 + 1)]
    public async Task A_file_comes_with_the_same_headers_the_first_time_and_from_memory(int size)
    {
        await using var portal = await TestPortal.StartAsync();
        var payload = RandomNumberGenerator.GetBytes(size);
        await portal.DeployAsync("K1", 1, payload: payload);
        var tags = new HashSet<string>();

        for (var n = 0; n < 3; n++)
        {
            using var answer = await portal.GetAsync($"/{TestPortal.KernelId}/1/kpatch.bin");
            (await answer.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(payload);
            tags.Add(
                $"{answer.Headers.ETag} {answer.Headers.CacheControl} {answer.Headers.AcceptRanges} {answer.Content.Headers.ContentType} {answer.Content.Headers.ContentLength}"
            );
        }

        tags.ShouldHaveSingleItem();
        using var part = await portal.GetAsync(
            $"/{TestPortal.KernelId}/1/kpatch.bin",
            headers: headers => headers.Range = new(0, 9)
        );
        part.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await part.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(payload[..10]);
        using var same = await portal.GetAsync(
            $"/{TestPortal.KernelId}/1/kpatch.bin",
            headers: headers => headers.IfNoneMatch.Add(part.Headers.ETag!)
        );
        same.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }
}
