using System.Net;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Api;

/// <summary>Feeds, keys, and patchsets on feeds.</summary>
public sealed class FeedsAndKeysCallTests
{
    private const string Main = """{"name":"main","auto":false,"deploy_after":0,"channel":"default"}""";

    [Fact]
    public async Task Feeds_are_made_changed_listed_and_deleted_as_often_as_one_likes()
    {
        await using var api = await ApiCaller.StartAsync();

        (await api.Get("/feeds/")).Text.ShouldBe($$"""{"result":[{{Main}}]}""");
        (await api.Post("/feeds/", ("name", "test"), ("auto", "true"), ("deploy_after", "24"))).Text.ShouldBe(
            """{"result":{"name":"test","auto":true,"deploy_after":24,"channel":"default"}}"""
        );
        (await api.Post("/feeds/", ("name", "test"), ("channel", "test"))).Text.ShouldBe(
            """{"result":{"name":"test","auto":true,"deploy_after":24,"channel":"test"}}"""
        );
        (await api.Get("/feeds")).Result.GetArrayLength().ShouldBe(2);
        (await api.Delete("/feeds/test")).Text.ShouldBe("""{"result":1}""");
        (await api.Delete("/feeds/test")).Text.ShouldBe("""{"result":0}""");
    }

    [Theory]
    [InlineData("name", "main")]
    [InlineData("name", "")]
    [InlineData("name", "a b/c")]
    [InlineData("name", "%")]
    [InlineData("deploy_after", "-1")]
    [InlineData("deploy_after", "soon")]
    [InlineData("auto", "perhaps")]
    [InlineData("channel", "weekly")]
    public async Task A_feed_that_cannot_be_is_refused(string name, string value)
    {
        await using var api = await ApiCaller.StartAsync();

        var answer = await api.Post(
            "/feeds",
            name == "name" ? [("name", value), ("auto", "true")] : [("name", "test"), (name, value)]
        );

        answer.Status.ShouldBeOneOf(HttpStatusCode.BadRequest, HttpStatusCode.Forbidden);
        answer.Json.GetProperty("error").GetString().ShouldNotBeNullOrEmpty();
        (await api.Get("/feeds")).Text.ShouldBe($$"""{"result":[{{Main}}]}""");
    }

    [Fact]
    public async Task Main_cannot_be_deleted()
    {
        await using var api = await ApiCaller.StartAsync();
        (await api.Delete("/feeds/main")).Status.ShouldBeOneOf(HttpStatusCode.BadRequest, HttpStatusCode.Forbidden);
        (await api.Get("/feeds")).Result.GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Keys_are_made_changed_listed_and_deleted_with_their_servers()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Post("/feeds", ("name", "test"));

        (
            await api.Post("/keys/", ("key", "mine"), ("feed", "test"), ("note", "n"), ("server_limit", "2"))
        ).Text.ShouldBe(
            """{"result":{"key":"mine","feed":"test","note":"n","server_limit":2,"products":["kernel","user","qemu","db"]}}"""
        );
        (await api.Post("/keys", ("key", "mine"), ("note", ""), ("products", "kernel"))).Text.ShouldBe(
            """{"result":{"key":"mine","feed":"test","note":"","server_limit":2,"products":["kernel"]}}"""
        );
        (await api.Post("/keys", ("key", "mine"), ("server_limit", "0")))
            .Result.GetProperty("server_limit")
            .GetInt64()
            .ShouldBe(0);
        (await api.Get("/keys/")).Result.GetArrayLength().ShouldBe(2);
        await api.Portal.RegisterAsync("web1", "mine");
        (await api.Delete("/keys/mine")).Text.ShouldBe("""{"result":1}""");
        (await api.Delete("/keys/mine")).Text.ShouldBe("""{"result":0}""");
        (await api.Get("/servers")).Json.GetProperty("count").GetInt64().ShouldBe(0);
    }

    [Fact]
    public async Task A_key_without_a_name_gets_one()
    {
        await using var api = await ApiCaller.StartAsync();

        var (first, second) = (
            (await api.Post("/keys")).Result.GetProperty("key").GetString()!,
            (await api.Post("/keys", ("key", ""))).Result.GetProperty("key").GetString()!
        );

        first.Length.ShouldBeGreaterThanOrEqualTo(16);
        second.ShouldNotBe(first);
    }

    [Theory]
    [InlineData("feed", "nowhere", HttpStatusCode.NotFound)]
    [InlineData("server_limit", "-1", HttpStatusCode.BadRequest)]
    [InlineData("server_limit", "many", HttpStatusCode.BadRequest)]
    [InlineData("products", "toaster", HttpStatusCode.BadRequest)]
    [InlineData("key", "a/b c", HttpStatusCode.BadRequest)]
    public async Task A_key_that_cannot_be_is_refused(string name, string value, HttpStatusCode status)
    {
        await using var api = await ApiCaller.StartAsync();

        var answer = await api.Post("/keys", name == "key" ? [(name, value)] : [("key", "new"), (name, value)]);

        answer.Status.ShouldBe(status, answer.Text);
        (await api.Get("/keys")).Result.GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Patchsets_are_listed_oldest_first_and_managed_on_feeds()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Post("/feeds", ("name", "a"));
        await api.Post("/feeds", ("name", "b"));
        foreach (var level in new[] { 3, 1, 2 })
            await api.Portal.DeployAsync($"K{level}", level);

        (await States(api, "main")).ShouldBe("K1 enabled, K2 enabled, K3 enabled");
        (await Manage(api, "K3", "undeploy-downto", "main")).Text.ShouldBe("""{"result":"ok"}""");
        (await States(api, "main")).ShouldBe("K1 enabled, K2 enabled, K3 undeployed");
        await Manage(api, "K2", "enable-upto", "a", "b");
        (await States(api, "b")).ShouldBe("K1 enabled, K2 enabled, K3 undeployed");
        await Manage(api, "K2", "disable", "a");
        await Manage(api, "K2", "disable", "a");
        (await States(api, "a")).ShouldBe("K1 enabled, K2 disabled, K3 undeployed");
        (await States(api, "b")).ShouldBe("K1 enabled, K2 enabled, K3 undeployed");
    }

    [Fact]
    public async Task Of_several_feeds_with_one_misspelt_none_is_changed()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.DeployAsync("K1", 1);

        (await Manage(api, "K1", "disable", "main", "mian")).ShouldBeError(HttpStatusCode.NotFound, "not-found");
        (await Manage(api, "K9", "disable", "main")).ShouldBeError(HttpStatusCode.NotFound, "not-found");
        (await Manage(api, "K1", "destroy", "main")).ShouldBeError(HttpStatusCode.BadRequest, "bad-request");
        (await api.Post("/patchsets/manage", ("patchset", "K1"))).ShouldBeError(
            HttpStatusCode.BadRequest,
            "bad-request"
        );
        (await api.Get("/patchsets", ("feed", "mian"))).ShouldBeError(HttpStatusCode.NotFound, "not-found");
        (await api.Get("/patchsets", ("product", "toaster"))).ShouldBeError(HttpStatusCode.BadRequest, "bad-request");
        (await States(api, "main")).ShouldBe("K1 enabled");
    }

    [Fact]
    public async Task Distributions_select()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.DeployAsync("K1", 1);
        var distro = (await api.Get("/patchsets")).Result[0].GetProperty("distros")[0].GetString()!;

        (await api.Get("/patchsets", ("distro", "none"), ("distro", distro))).Result.GetArrayLength().ShouldBe(1);
        (await api.Get("/patchsets", ("distro", "none"))).Result.GetArrayLength().ShouldBe(0);
    }

    private static Task<ApiAnswer> Manage(ApiCaller api, string patchset, string action, params string[] feeds) =>
        api.Post(
            "/patchsets/manage",
            [("patchset", patchset), ("action", action), .. feeds.Select(feed => ("feed", feed))]
        );

    private static async Task<string> States(ApiCaller api, string feed) =>
        string.Join(
            ", ",
            (await api.Get("/patchsets", ("feed", feed)))
                .Result.EnumerateArray()
                .Select(one => $"{one.GetProperty("patchset").GetString()} {one.GetProperty("status").GetString()}")
        );
}
