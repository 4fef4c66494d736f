using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using EPortal.AgentClient;
using EPortal.AgentClient.Wire;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents;

public sealed class PatchServerTests
{
    private static readonly string Kernel = $"/{TestPortal.KernelId}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public enum Encoding16Or64
    {
        Base16,
        UpperBase16,
        Base64Url,
    }

    [Theory]
    [InlineData("latest.v1")]
    [InlineData("latest.v2")]
    public async Task The_level_is_a_bare_number(string call)
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        using (var none = await portal.GetAsync($"{Kernel}/{call}", id))
            none.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await portal.DeployAsync("K12", 12);

        using var answer = await portal.GetAsync($"{Kernel}/{call}", id);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldBe("12");
        portal.TheServer().Checkin.ShouldBeNull("without facts it is no check-in");
        using var head = await portal.SendAsync(HttpMethod.Head, $"{Kernel}/{call}", id);
        (head.StatusCode, (await head.Content.ReadAsByteArrayAsync(Cancellation)).Length).ShouldBe(
            (HttpStatusCode.OK, 0)
        );
    }

    [Theory]
    [InlineData("latest.v1", Encoding16Or64.Base16)]
    [InlineData("latest.v1", Encoding16Or64.Base64Url)]
    [InlineData("latest.v2", Encoding16Or64.Base16)]
    [InlineData("latest.v2", Encoding16Or64.UpperBase16)]
    [InlineData("latest.v2", Encoding16Or64.Base64Url)]
    public async Task Facts_in_the_query_string_are_a_check_in(string call, Encoding16Or64 encoding)
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var id = await portal.RegisterAsync();
        var facts = TestPortal.Facts("") with { KernelId = "", PatchLevel = 1, Hostname = "über", Tags = "env:x" };

        using var answer = await portal.GetAsync($"{Kernel}/{call}?{Encode(facts, encoding)}", id);

        (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldBe("1");
        var server = portal.TheServer();
        (server.Facts.PatchLevel, server.Facts.Hostname, server.Facts.KernelId, server.Tags, server.Uptime).ShouldBe(
            (1, "über", TestPortal.KernelId, "env:x", 100)
        );
        server.Checkin.ShouldBe(portal.Time.GetUtcNow());
    }

    [Theory]
    [InlineData("version=1.2&x=y")]
    [InlineData("abcd")]
    [InlineData("%7B%7D")]
    [InlineData("W10")]
    public async Task Any_other_query_string_is_no_check_in(string query)
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var id = await portal.RegisterAsync();

        using var answer = await portal.GetAsync($"{Kernel}/latest.v2?{query}", id);

        (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldBe("1");
        portal.TheServer().Checkin.ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"uptime":1""", "invalid JSON")]
    [InlineData("""{"server_id":7}""", "server_id")]
    [InlineData("""{"server_id":"AAAAAAAAAAAAAAAA"}""", "server_id")]
    public async Task Facts_that_are_wrong_are_refused_by_name(string json, string said)
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();

        using var answer = await portal.GetAsync(
            $"{Kernel}/latest.v2?{Convert.ToHexStringLower(Encoding.UTF8.GetBytes(json))}",
            id
        );

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldContain(said);
        portal.TheServer().Checkin.ShouldBeNull();
    }

    [Fact]
    public async Task Without_a_known_server_there_is_no_level()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var id = await portal.RegisterAsync();
        AuthenticationHeaderValue?[] refused =
        [
            null,
            TestPortal.Basic($"{id}:wrong"),
            TestPortal.Basic($"{id}"),
            TestPortal.Basic($"AAAAAAAAAAAAAAAA:kernelcare"),
            TestPortal.Basic(":kernelcare"),
            TestPortal.Basic($"{id.ToLowerInvariant()}!:kernelcare"),
            new AuthenticationHeaderValue("Basic", "!!!"),
            new AuthenticationHeaderValue("Basic", new string('A', 4000)),
            new AuthenticationHeaderValue("Bearer", id),
        ];

        foreach (var credentials in refused)
        {
            foreach (
                var path in (string[])
                    [
                        $"{Kernel}/latest.v1",
                        $"{Kernel}/latest.v2?{FactsQuery.Encode(TestPortal.Facts("") with { KernelId = "" })}",
                    ]
            )
            {
                using var answer = await portal.GetAsync(path, headers: headers => headers.Authorization = credentials);
                answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, $"{credentials}");
                answer.Headers.WwwAuthenticate.Single().Scheme.ShouldBe("Basic");
            }
        }

        portal.TheServer().Checkin.ShouldBeNull();
    }

    [Fact]
    public async Task A_kernel_is_supported_when_a_feed_has_something_for_it()
    {
        await using var portal = await TestPortal.StartAsync();
        using (var before = await portal.GetAsync($"{Kernel}/version"))
            before.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await portal.DeployAsync("K1", 1);

        using var after = await portal.GetAsync($"{Kernel}/version");
        after.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var other = await portal.GetAsync($"/{new string('b', 40)}/version");
        other.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_file_comes_whole_with_a_strong_tag_and_may_be_kept_long()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);

        using var answer = await portal.GetAsync($"{Kernel}/1/kpatch.bin");

        var bytes = await answer.Content.ReadAsByteArrayAsync(Cancellation);
        bytes.ShouldBe(Archives.Payload(1));
        answer
            .Headers.ETag!.ToString()
            .ShouldBe($"\"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))}\"");
        answer.Headers.ETag.IsWeak.ShouldBeFalse();
        answer.Headers.CacheControl!.MaxAge.ShouldBe(TimeSpan.FromDays(30));
        answer.Headers.AcceptRanges.ShouldBe(["bytes"]);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");

        using var head = await portal.SendAsync(HttpMethod.Head, $"{Kernel}/1/kpatch.bin");
        (head.StatusCode, head.Content.Headers.ContentLength, head.Headers.ETag).ShouldBe(
            (HttpStatusCode.OK, bytes.Length, answer.Headers.ETag)
        );
        (await head.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_the_caller_has_is_not_sent_again()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        using var first = await portal.GetAsync($"{Kernel}/1/kpatch.bin");

        using var same = await portal.GetAsync(
            $"{Kernel}/1/kpatch.bin",
            headers: h => h.IfNoneMatch.Add(first.Headers.ETag!)
        );
        same.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await same.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBeEmpty();

        using var other = await portal.GetAsync(
            $"{Kernel}/1/kpatch.bin",
            headers: h => h.IfNoneMatch.Add(new EntityTagHeaderValue("\"00\""))
        );
        other.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("bytes=0-99", 0, 100)]
    [InlineData("bytes=9900-", 9900, 100)]
    [InlineData("bytes=-10", 9990, 10)]
    [InlineData("bytes=5000-99999", 5000, 5000)]
    public async Task A_part_of_a_file_is_sent(string range, int from, int length)
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);

        using var answer = await portal.GetAsync(
            $"{Kernel}/1/kpatch.bin",
            headers: h => h.TryAddWithoutValidation("Range", range)
        );

        answer.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await answer.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(Archives.Payload(1)[from..(from + length)]);
        answer.Content.Headers.ContentRange!.ToString().ShouldBe($"bytes {from}-{from + length - 1}/10000");
    }

    [Fact]
    public async Task A_part_is_sent_only_of_the_file_that_the_caller_began()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        using var first = await portal.GetAsync($"{Kernel}/1/kpatch.bin");

        using var same = await Resume(portal, first.Headers.ETag!.ToString(), "bytes=100-");
        same.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        using var other = await Resume(portal, "\"00\"", "bytes=100-");
        other.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await other.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(Archives.Payload(1));
        using var beyond = await Resume(portal, first.Headers.ETag.ToString(), "bytes=10000-");
        beyond.StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
    }

    [Theory]
    [InlineData("/2/kpatch.bin")]
    [InlineData("/0/kpatch.bin")]
    [InlineData("/-1/kpatch.bin")]
    [InlineData("/99999999999999/kpatch.bin")]
    [InlineData("/1/other.bin")]
    [InlineData("/1/manifest.json")]
    [InlineData("/1/")]
    [InlineData("/1")]
    [InlineData("/1/kpatch.bin/more")]
    public async Task What_is_not_there_is_not_found(string path)
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);

        using var answer = await portal.GetAsync(Kernel + path);

        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_file_whose_patchset_is_deleted_is_gone()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        await portal.Portal.Patchsets.Delete(TestPortal.Admin, EPortal.Format.Product.Kernel, "K1");

        using var answer = await portal.GetAsync($"{Kernel}/1/kpatch.bin");

        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("kpatch.bin")]
    [InlineData("")]
    public async Task A_file_lost_from_the_disk_is_a_fault_and_not_an_absence(string lost)
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var folder = Path.Combine(portal.DataFolder, "resources", "K1", TestPortal.KernelId, "1");
        Directory.Delete(Path.Combine(portal.DataFolder, "arch"), recursive: true); // Else it would be restored from there.
        if (lost.Length > 0)
            File.Delete(Path.Combine(folder, lost));
        else
            Directory.Delete(folder, recursive: true);

        using var answer = await portal.GetAsync($"{Kernel}/1/kpatch.bin");

        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.CacheControl.ShouldBeNull("nobody may keep this answer");
        answer.Headers.RetryAfter.ShouldNotBeNull();
        (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldNotContain(portal.DataFolder);
    }

    [Fact]
    public async Task Files_are_only_read()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);

        foreach (var method in (HttpMethod[])[HttpMethod.Put, HttpMethod.Post, HttpMethod.Delete])
        {
            using var answer = await portal.SendAsync(method, $"{Kernel}/1/kpatch.bin");
            answer.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        }
    }

    private static Task<HttpResponseMessage> Resume(TestPortal portal, string tag, string range) =>
        portal.GetAsync(
            $"{Kernel}/1/kpatch.bin",
            headers: headers =>
            {
                headers.TryAddWithoutValidation("Range", range);
                headers.TryAddWithoutValidation("If-Range", tag);
            }
        );

    private static string Encode(CheckInRequest facts, Encoding16Or64 encoding)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(facts, AgentJson.Default.CheckInRequest);
        return encoding switch
        {
            Encoding16Or64.Base16 => Convert.ToHexStringLower(json),
            Encoding16Or64.UpperBase16 => Convert.ToHexString(json),
            _ => FactsQuery.Encode(facts),
        };
    }
}
