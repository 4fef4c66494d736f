using System.Net;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Api;

/// <summary>Users, API keys and the user log.</summary>
public sealed class AccountsCallTests
{
    [Fact]
    public async Task Users_are_listed_made_changed_and_deleted()
    {
        await using var api = await ApiCaller.StartAsync();

        var rob = (await api.Get("/users/"))
            .Result.EnumerateArray()
            .Single(user => user.GetProperty("username").GetString() == ApiCaller.Reader);
        rob.EnumerateObject().Select(member => member.Name).ShouldBe(["id", "username", "description", "readonly"]);
        rob.GetProperty("readonly").GetBoolean().ShouldBeTrue();
        rob.GetProperty("id").GetInt64().ShouldBeInRange(0, (1L << 48) - 1);
        (await api.Get("/users"))
            .Result.EnumerateArray()
            .Select(user => user.GetProperty("id").GetInt64())
            .Distinct()
            .Count()
            .ShouldBe(2);
        (await api.Post("/users", ("username", "eve"), ("password", ApiCaller.Password)))
            .Result.GetProperty("readonly")
            .GetBoolean()
            .ShouldBeFalse();
        (await api.Call("GET", "/feeds", Carrier.Query, "eve")).Status.ShouldBe(HttpStatusCode.OK);
        await api.Post("/users", ("username", "eve"), ("readonly", "true"), ("description", "hers"));
        (await api.Call("POST", "/feeds", Carrier.Query, "eve", ("name", "x"))).ShouldBeError(
            HttpStatusCode.Forbidden,
            "forbidden"
        );
        (await api.Delete("/users/eve")).Text.ShouldBe("""{"result":1}""");
        (await api.Delete("/users/eve")).Text.ShouldBe("""{"result":0}""");
        (await api.Call("GET", "/feeds", Carrier.Query, "eve")).ShouldBeError(
            HttpStatusCode.Unauthorized,
            "unauthorized"
        );
    }

    [Theory]
    [InlineData("new", "", "")]
    [InlineData("new", "1234", "")]
    [InlineData("", "long enough", "")]
    [InlineData("a b", "long enough", "")]
    [InlineData("new", "long enough", "a\nb")]
    public async Task A_user_that_cannot_be_is_refused(string name, string password, string description)
    {
        await using var api = await ApiCaller.StartAsync();

        (
            await api.Post("/users", ("username", name), ("password", password), ("description", description))
        ).ShouldBeError(HttpStatusCode.BadRequest, "bad-request");

        (await api.Get("/users")).Result.GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task The_last_admin_cannot_lock_everybody_out_by_the_api()
    {
        await using var api = await ApiCaller.StartAsync();

        (await api.Delete($"/users/{ApiCaller.Admin}")).ShouldBeError(HttpStatusCode.BadRequest, "conflict");
        (await api.Post("/users", ("username", ApiCaller.Admin), ("readonly", "true"))).ShouldBeError(
            HttpStatusCode.BadRequest,
            "conflict"
        );
        await api.Post("/users", ("username", "eve"), ("password", ApiCaller.Password));
        (await api.Delete($"/users/{ApiCaller.Admin}")).Text.ShouldBe("""{"result":1}""");
    }

    [Fact]
    public async Task An_API_key_is_shown_once_and_acts_for_its_user()
    {
        await using var api = await ApiCaller.StartAsync();

        var made = (
            await api.Call(
                "POST",
                "/api-keys",
                Carrier.Form,
                ApiCaller.Reader,
                ("name", "backup"),
                ("expires_days", "2")
            )
        ).Result;
        var key = made.GetProperty("key").GetString()!;

        (await ByKey(api, key, "GET", "/feeds")).Status.ShouldBe(HttpStatusCode.OK);
        (await ByKey(api, key, "POST", "/feeds?name=x")).ShouldBeError(HttpStatusCode.Forbidden, "forbidden");
        var listed = await api.Get("/api-keys");
        listed.Text.ShouldNotContain(key[^20..]);
        var row = listed.Result[0];
        row.GetProperty("user").GetString().ShouldBe(ApiCaller.Reader);
        row.GetProperty("last_address").GetString().ShouldBe("127.0.0.1");
        row.GetProperty("last_used").GetString().ShouldNotBeNullOrEmpty();
        row.GetProperty("expires").GetDateTimeOffset().ShouldBe(api.Portal.Time.GetUtcNow().AddDays(2));
    }

    [Fact]
    public async Task Keys_of_others_are_hidden_from_readers_and_ended_by_admins()
    {
        await using var api = await ApiCaller.StartAsync();
        var adas = (await api.Post("/api-keys", ("name", "hers"))).Result;
        var robs = (await api.Call("POST", "/api-keys", Carrier.Form, ApiCaller.Reader, ("name", "his"))).Result;

        (await api.Call("GET", "/api-keys", Carrier.Query, ApiCaller.Reader)).Result.GetArrayLength().ShouldBe(1);
        (
            await api.Call("DELETE", $"/api-keys/{adas.GetProperty("id").GetString()}", Carrier.Query, ApiCaller.Reader)
        ).Text.ShouldBe("""{"result":0}""");
        (await api.Delete($"/api-keys/{robs.GetProperty("id").GetString()}")).Text.ShouldBe("""{"result":1}""");
        (await ByKey(api, robs.GetProperty("key").GetString()!, "GET", "/feeds")).Status.ShouldBe(
            HttpStatusCode.Unauthorized
        );
        (await ByKey(api, adas.GetProperty("key").GetString()!, "GET", "/feeds")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("name", "")]
    [InlineData("name", "a\nb")]
    [InlineData("expires_days", "0")]
    [InlineData("expires_days", "-1")]
    [InlineData("expires_days", "99999")]
    public async Task A_key_that_cannot_be_is_refused(string name, string value)
    {
        await using var api = await ApiCaller.StartAsync();
        (await api.Post("/api-keys", name == "name" ? [(name, value)] : [("name", "x"), (name, value)])).ShouldBeError(
            HttpStatusCode.BadRequest,
            "bad-request"
        );
    }

    [Fact]
    public async Task The_header_can_be_named_otherwise()
    {
        await using var api = await ApiCaller.StartAsync(settings => settings with { ApiAuthHeader = "X-Token" });
        var key = (await api.Post("/api-keys", ("name", "x"))).Result.GetProperty("key").GetString()!;

        (await ByKey(api, key, "GET", "/feeds", "X-Token")).Status.ShouldBe(HttpStatusCode.OK);
        (await ByKey(api, key, "GET", "/feeds")).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Every_change_by_the_API_stands_in_the_user_log()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.DeployAsync("K1", 1);
        var id = await api.Portal.RegisterAsync();
        await api.Post("/feeds", ("name", "test"));
        await api.Post("/keys", ("key", "new"));
        await api.Post("/set_tags", ("server_id", id), ("tags", "x"));
        await api.Post("/patchsets/manage", ("patchset", "K1"), ("action", "disable"));
        await api.Post("/delete_server", ("server_id", id));
        await api.Delete("/servers", ("checkin_age", "1"));
        await api.Delete("/feeds/test");
        await api.Delete("/keys/new");
        await api.Post("/users", ("username", "eve"), ("password", ApiCaller.Password));
        var key = (await api.Post("/api-keys", ("name", "x"))).Result.GetProperty("id").GetString();
        await api.Delete($"/api-keys/{key}");
        await api.Delete("/users/eve");

        var log = (await api.Get("/user-log", ("user", ApiCaller.Admin))).Result;

        log.EnumerateArray()
            .Select(line => line.GetProperty("action").GetString())
            .Reverse()
            .ShouldBe([
                "feed.add",
                "key.add",
                "server.tag",
                "patchset.disable",
                "server.delete",
                "server.clean",
                "feed.delete",
                "key.delete",
                "user.add",
                "api-key.add",
                "api-key.revoke",
                "user.delete",
            ]);
        log.EnumerateArray().ShouldAllBe(line => line.GetProperty("address").GetString() == "127.0.0.1");
    }

    [Fact]
    public async Task The_user_log_is_filtered_and_exported()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Post("/feeds", ("name", "one"));
        api.Portal.Time.Advance(TimeSpan.FromHours(5));
        await api.Post("/keys", ("key", "two"), ("note", "=cmd"));

        (await Actions(api, ("action", "feed"))).ShouldBe("feed.add");
        (await Actions(api, ("age", "-4h"))).ShouldBe("key.add");
        (await Actions(api, ("age", "4h"), ("user", ApiCaller.Admin))).ShouldBe("feed.add");
        (await Actions(api, ("limit", "1"))).ShouldBe("key.add");
        (await Actions(api, ("limit", "1"), ("offset", "1"))).ShouldBe("feed.add");
        (await Actions(api, ("user", "nobody"))).ShouldBe("");
        var csv = await api.Get("/user-log", ("format", "csv"), ("limit", "1"));
        csv.Type.ShouldBe("text/csv");
        csv.Text.ShouldBe(
            "at,actor,address,action,detail,changes,servers,server_count,server_filter\r\n"
                + "2026-05-01 17:00:00.000000,ada,127.0.0.1,key.add,two,note: =cmd; feed: main; server_limit: 0; products: kernel user qemu db,,,\r\n"
        );
        (await api.Get("/user-log", ("format", "xml"))).ShouldBeError(HttpStatusCode.BadRequest, "bad-request");
    }

    internal static Task<ApiAnswer> ByKey(
        ApiCaller api,
        string key,
        string method,
        string path,
        string header = "X-Api-Key"
    )
    {
        var request = new HttpRequestMessage(new HttpMethod(method), "/admin/api" + path);
        request.Headers.TryAddWithoutValidation(header, key);
        return api.Send(request);
    }

    private static async Task<string> Actions(ApiCaller api, params (string, string)[] filter) =>
        string.Join(
            ' ',
            (await api.Get("/user-log", filter))
                .Result.EnumerateArray()
                .Select(line => line.GetProperty("action").GetString())
        );
}
