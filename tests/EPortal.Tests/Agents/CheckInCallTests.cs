using System.Net;
using System.Net.Http.Json;
using EPortal.AgentClient.Wire;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Keys;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents;

public sealed class CheckInCallTests
{
    private const string Call = "/admin/api/kcare/checkin";

    private static readonly string BuildId = new('b', 32);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_is_told_what_to_run_and_what_it_said_is_kept()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        await portal.DeployAsync("K2", 2);
        var id = await portal.RegisterAsync();

        var answer = await Answer(
            portal,
            TestPortal.Facts(id) with
            {
                PatchLevel = 1,
                Virt = "kvm",
                Tags = "env:prod; web",
            }
        );

        answer.Supported.ShouldBeTrue();
        (answer.Level, answer.Patchset, answer.Product).ShouldBe((2, "K2", "kernel"));
        answer
            .Files!.Select(file => file.Name)
            .ShouldBe(["kpatch.bin", "patch.json", "patch.json.minisig"], ignoreOrder: true);
        foreach (var file in answer.Files!)
        {
            file.Url.Split('?')[0].ShouldBe($"/{TestPortal.KernelId}/2/{file.Name}");
            var bytes = await portal.Http.GetByteArrayAsync(file.Url, Cancellation);
            bytes.Length.ShouldBe((int)file.Size);
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)).ShouldBe(file.Sha256);
        }

        var server = portal.TheServer();
        (server.Facts.PatchLevel, server.Facts.Virt, server.Tags, server.Uptime).ShouldBe(
            (1, "kvm", "env:prod;web", 100)
        );
        server.Checkin.ShouldBe(portal.Time.GetUtcNow());
    }

    [Fact]
    public async Task The_wire_has_the_promised_names()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var id = await portal.RegisterAsync();

        using var known = await portal.PostAsync(
            Call,
            $$"""{"server_id":"{{id}}","kernel_id":"{{TestPortal.KernelId}}","patch_level":0,"new_in_later_agents":{"a":[1] } }"""
        );
        using var json = System.Text.Json.JsonDocument.Parse(await known.Content.ReadAsStringAsync(Cancellation));
        known.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        json.RootElement.EnumerateObject()
            .Select(property => property.Name)
            .ShouldBe(["supported", "level", "patchset", "product", "files"], ignoreOrder: true);
        json.RootElement.GetProperty("files")[0]
            .EnumerateObject()
            .Select(property => property.Name)
            .ShouldBe(["name", "size", "sha256", "url"], ignoreOrder: true);

        using var other = await portal.PostAsync(
            Call,
            $$"""{"server_id":"{{id}}","kernel_id":"{{new string('c', 40)}}"}"""
        );
        (await other.Content.ReadAsStringAsync(Cancellation)).ShouldBe("""{"supported":false}""");
    }

    [Fact]
    public async Task An_unknown_server_is_told_to_register_again()
    {
        await using var portal = await TestPortal.StartAsync();

        using var answer = await portal.CheckInAsync(TestPortal.Facts("AAAAAAAAAAAAAAAA"));

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var error = await answer.Content.ReadFromJsonAsync(AgentJson.Default.ErrorAnswer, Cancellation);
        error!.Error.ShouldBe("unknown-server");
        error.Message.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{")]
    [InlineData("{\"server_id\":\"a\",\"server_id\":\"b\"}")]
    [InlineData("hostname=h&key=k")]
    public async Task A_body_that_is_no_check_in_is_refused(string body)
    {
        await using var portal = await TestPortal.StartAsync();

        using var answer = await portal.PostAsync(Call, body);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadFromJsonAsync(AgentJson.Default.ErrorAnswer, Cancellation))!.Error.ShouldBe(
            "bad-request"
        );
    }

    [Fact]
    public async Task A_host_may_stay_on_a_patchset_or_wait_longer()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        portal.Time.Advance(TimeSpan.FromDays(2));
        await portal.DeployAsync("K2", 2);
        var facts = TestPortal.Facts(await portal.RegisterAsync());

        (await Answer(portal, facts with { StickyPatchset = "K1" })).Patchset.ShouldBe("K1");
        Held(await Answer(portal, facts with { StickyPatchset = "gone" }));
        // Released 101 and 98 days ago, and here for two days and for none: the release counts.
        (await Answer(portal, facts with { UpdateDelay = 3600 * 24 * 97 })).Patchset.ShouldBe("K2");
        (await Answer(portal, facts with { UpdateDelay = 3600 * 24 * 99 })).Patchset.ShouldBe("K1");
        Held(await Answer(portal, facts with { UpdateDelay = 3600 * 24 * 102 }));
        var unsupported = await Answer(portal, facts with { UpdateDelay = 3600, KernelId = new string('f', 40) });
        (unsupported.Supported, unsupported.HeldBack).ShouldBe((false, null));
        (await Answer(portal, facts with { UpdateDelay = 0 })).Patchset.ShouldBe("K2");
    }

    private static void Held(CheckInAnswer answer) =>
        (answer.Supported, answer.HeldBack, answer.Level).ShouldBe((false, true, null));

    [Theory]
    [InlineData(9_223_372_036_854)]
    [InlineData(9_223_372_036_855)]
    [InlineData(18_446_744_073_709)]
    [InlineData(long.MaxValue)]
    public async Task However_long_a_host_wants_to_wait_it_waits(long seconds)
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var facts = TestPortal.Facts(await portal.RegisterAsync());

        (await Answer(portal, facts with { UpdateDelay = seconds })).Supported.ShouldBeFalse();
    }

    [Fact]
    public async Task A_change_of_feed_or_offer_is_in_the_next_answer()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.Portal.Feeds.Add(TestPortal.Admin, "test", new FeedSettings());
        await portal.DeployAsync("K1", 1);
        await portal.DeployAsync("K2", 2, feed: "test");
        var facts = TestPortal.Facts(await portal.RegisterAsync());

        (await Answer(portal, facts)).Level.ShouldBe(1);
        await portal.Portal.Keys.Update(TestPortal.Admin, TestPortal.Key, new KeySettings(Feed: "test"));
        (await Answer(portal, facts)).Level.ShouldBe(2);
        await portal.Portal.Rollout.Disable(TestPortal.Admin, Product.Kernel, "K2", "test");
        (await Answer(portal, facts)).Supported.ShouldBeFalse();
        await portal.Portal.Keys.Update(
            TestPortal.Admin,
            TestPortal.Key,
            new KeySettings(Feed: "main", Products: [Product.User])
        );
        (await Answer(portal, facts)).Supported.ShouldBeFalse();
    }

    [Theory]
    [InlineData(Product.User)]
    [InlineData(Product.Qemu)]
    [InlineData(Product.Db)]
    public async Task Build_ids_are_answered_with_their_patches(Product product)
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("U1", 3, product: product, target: BuildId);
        var id = await portal.RegisterAsync();
        var other = new string('d', 40);

        using var answer = await portal.PostAsync(
            $"{Call}/{product.Token()}",
            $$"""{"server_id":"{{id}}","build_ids":["{{other}}","{{BuildId}}","{{BuildId}}"]}"""
        );

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var patch = (
            await answer.Content.ReadFromJsonAsync(AgentJson.Default.BuildIdsAnswer, Cancellation)
        )!.Patches.ShouldHaveSingleItem();
        (patch.BuildId, patch.Level, patch.Patchset).ShouldBe((BuildId, 3, "U1"));
        (
            await portal.Http.GetByteArrayAsync(patch.Files.Single(file => file.Name == "kpatch.bin").Url, Cancellation)
        ).ShouldBe(Archives.Payload(3));

        // The build-id belongs to one product; another one's call does not get it.
        var foreign = product == Product.User ? Product.Db : Product.User;
        using var wrong = await portal.PostAsync(
            $"{Call}/{foreign.Token()}",
            $$"""{"server_id":"{{id}}","build_ids":["{{BuildId}}"]}"""
        );
        (await wrong.Content.ReadAsStringAsync(Cancellation)).ShouldBe("""{"patches":[]}""");
    }

    [Theory]
    [InlineData("kernel", "[]", HttpStatusCode.NotFound)]
    [InlineData("libcare", "[]", HttpStatusCode.NotFound)]
    [InlineData("user", "[]", HttpStatusCode.OK)]
    public async Task Unknown_products_are_not_found(string product, string ids, HttpStatusCode status)
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();

        using var answer = await portal.PostAsync(
            $"{Call}/{product}",
            $$"""{"server_id":"{{id}}","build_ids":{{ids}}}"""
        );

        answer.StatusCode.ShouldBe(status);
    }

    [Fact]
    public async Task Unknown_servers_get_no_build_ids_and_too_many_are_refused()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();

        using var unknown = await portal.PostAsync(
            $"{Call}/user",
            """{"server_id":"AAAAAAAAAAAAAAAA","build_ids":[]}"""
        );
        unknown.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        var many = string.Join(',', Enumerable.Range(0, 10_001).Select(n => $"\"{n:x16}\""));
        using var answer = await portal.PostAsync(
            $"{Call}/user",
            $$"""{"server_id":"{{id}}","build_ids":[{{many}}]}"""
        );
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/octet-stream")]
    public async Task What_a_body_is_called_does_not_matter_but_what_it_is(string type)
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();

        using var right = await portal.PostAsync(
            Call,
            $$"""{"server_id":"{{id}}","kernel_id":"{{TestPortal.KernelId}}"}""",
            type
        );
        right.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var wrong = await portal.PostAsync(Call, $"server_id={id}&kernel_id={TestPortal.KernelId}", type);
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Only_POST_checks_in()
    {
        await using var portal = await TestPortal.StartAsync();

        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Head])
        {
            using var answer = await portal.SendAsync(method, Call);
            answer.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/admin/api/kcare/nope.plain")]
    [InlineData("/nope")]
    [InlineData("/healthz/x")]
    public async Task Unknown_paths_are_not_found(string path)
    {
        await using var portal = await TestPortal.StartAsync();

        using var answer = await portal.PostAsync(path, "{}");
        answer.StatusCode.ShouldBe(path == "/" ? HttpStatusCode.MethodNotAllowed : HttpStatusCode.NotFound);
        answer.Headers.Contains("Server").ShouldBeFalse();
    }

    [Fact]
    public async Task The_health_call_says_ok()
    {
        await using var portal = await TestPortal.StartAsync();

        (await portal.Http.GetStringAsync("/healthz", Cancellation)).ShouldBe("ok\n");
    }

    private static async Task<CheckInAnswer> Answer(TestPortal portal, CheckInRequest facts)
    {
        using var answer = await portal.CheckInAsync(facts);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Cancellation));
        return (await answer.Content.ReadFromJsonAsync(AgentJson.Default.CheckInAnswer, Cancellation))!;
    }
}
