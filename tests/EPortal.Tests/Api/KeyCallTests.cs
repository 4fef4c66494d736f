using System.Net;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Api;

/// <summary>Calls by registration key, without login.</summary>
public sealed class KeyCallTests
{
    [Fact]
    public async Task Nagios_counts_and_names_what_is_out_of_date()
    {
        await using var api = await ApiCaller.StartAsync();
        var portal = api.Portal;
        await portal.DeployAsync("K1", 1);
        var (old, good, odd, _) = (
            await portal.RegisterAsync("old"),
            await portal.RegisterAsync("good"),
            await portal.RegisterAsync("odd"),
            await portal.RegisterAsync("gone")
        );
        portal.Time.Advance(TimeSpan.FromDays(30));
        using var a = await portal.CheckInAsync(TestPortal.Facts(old) with { Hostname = "old" });
        using var b = await portal.CheckInAsync(TestPortal.Facts(good) with { Hostname = "good", PatchLevel = 1 });
        using var c = await portal.CheckInAsync(
            TestPortal.Facts(odd) with
            {
                Hostname = "odd",
                KernelId = new string('b', 40),
            }
        );

        (await Text(api, "/kcare/nagios/k")).ShouldBe(
            "1 machines are OUTOFDATE!|uptodate=1;outofdate=1;unsupported=1;inactive=1\nold (127.0.0.1) is OUTOFDATE\n"
        );
        using var d = await portal.CheckInAsync(TestPortal.Facts(old) with { Hostname = "old", PatchLevel = 1 });
        (await Text(api, "/kcare/nagios/k")).ShouldBe(
            "All machines are up to date|uptodate=2;outofdate=0;unsupported=1;inactive=1\n"
        );
    }

    [Theory]
    [InlineData("", "Servers not found for key \n")]
    [InlineData("/", "Servers not found for key \n")]
    [InlineData("/unknown", "Servers not found for key unknown\n")]
    [InlineData("/k", "Servers not found for key k\n")]
    [InlineData("/%25", "Servers not found for key %\n")]
    [InlineData("/a%0Ab", "Servers not found for key ab\n")]
    public async Task Of_an_unknown_or_empty_key_nothing_is_found(string key, string text)
    {
        await using var api = await ApiCaller.StartAsync();
        (await Text(api, "/kcare/nagios" + key)).ShouldBe(text);
    }

    [Fact]
    public async Task What_servers_run_is_told_in_two_forms()
    {
        await using var api = await ApiCaller.StartAsync();
        var id = await api.Portal.RegisterAsync();
        using var checkIn = await api.Portal.CheckInAsync(TestPortal.Facts(id) with { PatchLevel = 3 });

        (await Text(api, "/kcare/patchset/k")).ShouldBe($$"""{"data":[["127.0.0.1","{{TestPortal.KernelId}}",3]]}""");
        (await Text(api, "/kcare/patchset.json?key=k")).ShouldBe(
            $$"""[{"ip":"127.0.0.1","host":"web1","kernel_id":"{{TestPortal.KernelId}}","patch_level":3}]"""
        );
        (await Text(api, "/kcare/patchset/unknown")).ShouldBe("""{"data":[]}""");
        (await Text(api, "/kcare/patchset.json?key=unknown")).ShouldBe("[]");
        (await Text(api, "/kcare/patchset.json")).ShouldBe("[]");
    }

    [Fact]
    public async Task Programs_register_hosts()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Post("/keys", ("key", "one"), ("server_limit", "1"));

        var made = await api.Call("POST", "/register", Carrier.Form, null, ("key", "one"), ("hostname", "web1"));
        made.Json.EnumerateObject().Select(member => member.Name).ShouldBe(["server_id"]);
        made.Json.GetProperty("server_id").GetString()!.Length.ShouldBe(16);
        (await api.Call("POST", "/register", Carrier.Form, null, ("key", "one"), ("hostname", "web2"))).ShouldBeError(
            HttpStatusCode.BadRequest,
            "key-limit-reached"
        );
        (await api.Call("POST", "/register", Carrier.Form, null, ("key", "two"), ("hostname", "web2"))).ShouldBeError(
            HttpStatusCode.BadRequest,
            "invalid-key"
        );
        (await api.Call("POST", "/register", Carrier.Form, null, ("hostname", "web2"))).ShouldBeError(
            HttpStatusCode.BadRequest,
            "bad-request"
        );
        (await api.Call("POST", "/register", Carrier.Form, null, ("key", "k"), ("hostname", "a\nb"))).Status.ShouldBe(
            HttpStatusCode.OK,
            "its address stands in its place"
        );
        (await api.Get("/servers")).Json.GetProperty("count").GetInt64().ShouldBe(2);
    }

    [Fact]
    public async Task A_host_that_tells_no_name_is_listed_by_its_address()
    {
        await using var api = await ApiCaller.StartAsync();

        (await api.Call("POST", "/register", Carrier.Multipart, null, ("key", "k"))).Status.ShouldBe(HttpStatusCode.OK);

        (await api.Get("/servers")).Result[0].GetProperty("hostname").GetString().ShouldBe("127.0.0.1");
    }

    [Fact]
    public async Task Registering_too_often_is_put_off()
    {
        await using var api = await ApiCaller.StartAsync(settings => settings with { RegisterRateLimit = 2 });
        for (var number = 0; number < 2; number++)
            (
                await api.Call("POST", "/register", Carrier.Json, null, ("key", "k"), ("hostname", "web1"))
            ).Status.ShouldBe(HttpStatusCode.OK);

        var refused = await api.Call("POST", "/register", Carrier.Json, null, ("key", "k"), ("hostname", "web1"));

        refused.ShouldBeError(HttpStatusCode.TooManyRequests, "too-many-attempts");
        refused.Headers.RetryAfter.ShouldNotBeNull();
    }

    private static async Task<string> Text(ApiCaller api, string path)
    {
        var answer = await api.Call("GET", path, Carrier.Query, null);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
        return answer.Text;
    }
}
