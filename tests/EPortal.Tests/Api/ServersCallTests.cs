using System.Net;
using System.Text.Json;
using EPortal.Keys;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Api;

/// <summary>Servers: list, count, clean, delete, tag.</summary>
public sealed class ServersCallTests
{
    [Fact]
    public async Task A_page_has_these_members_in_this_form()
    {
        await using var api = await ApiCaller.StartAsync();
        var id = await api.Portal.RegisterAsync();
        api.Portal.Time.Advance(TimeSpan.FromHours(1));
        using var checkIn = await api.Portal.CheckInAsync(
            TestPortal.Facts(id) with
            {
                Tags = "env:test;web",
                Virt = "kvm",
                PatchType = "default",
                Version = "#1 SMP",
                Processor = "x86_64",
            }
        );

        var page = (await api.Get("/servers")).Json;

        page.EnumerateObject().Select(member => member.Name).ShouldBe(["count", "limit", "offset", "result"]);
        (
            page.GetProperty("count").GetInt64(),
            page.GetProperty("limit").GetInt64(),
            page.GetProperty("offset").GetInt64()
        ).ShouldBe((1, 10, 0));
        var server = page.GetProperty("result")[0];
        server
            .EnumerateObject()
            .Select(member => member.Name)
            .ShouldBe([
                "id",
                "ip",
                "hostname",
                "key",
                "feed",
                "registered",
                "checkin",
                "updated",
                "euname",
                "release",
                "kernel_id",
                "patch_level",
                "patch_type",
                "tags",
                "uptime",
                "version",
                "virt",
                "kcare_version",
                "distro",
                "distro_version",
                "machine",
                "processor",
            ]);
        server.GetProperty("id").GetString().ShouldBe(id);
        server.GetProperty("registered").GetString().ShouldBe("2026-05-01 12:00:00.000000");
        server.GetProperty("checkin").GetString().ShouldBe("2026-05-01 13:00:00.000000");
        server.GetProperty("updated").ValueKind.ShouldBe(JsonValueKind.Null);
        server.GetProperty("patch_level").GetInt64().ShouldBe(0);
        server.GetProperty("uptime").GetInt64().ShouldBe(100);
        server.GetProperty("tags").GetString().ShouldBe("env:test;web");
    }

    [Fact]
    public async Task What_a_server_never_told_is_null()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.RegisterAsync();

        var server = (await api.Get("/servers")).Result[0];

        server
            .EnumerateObject()
            .Where(member => member.Value.ValueKind == JsonValueKind.Null)
            .Select(member => member.Name)
            .ShouldBe([
                "checkin",
                "updated",
                "euname",
                "release",
                "kernel_id",
                "patch_level",
                "patch_type",
                "tags",
                "uptime",
                "version",
                "virt",
                "kcare_version",
                "distro",
                "distro_version",
                "machine",
                "processor",
            ]);
    }

    [Theory]
    [InlineData("web%", 2)]
    [InlineData("%eb1", 1)]
    [InlineData("%", 3)]
    [InlineData("web1", 1)]
    [InlineData("web", 0)]
    [InlineData("w_b1", 0)]
    [InlineData("", 3)]
    public async Task A_host_name_may_be_a_pattern(string pattern, int count)
    {
        await using var api = await ApiCaller.StartAsync();
        foreach (var name in new[] { "web1", "web2", "db_1" })
            await api.Portal.RegisterAsync(name);

        (await api.Get("/servers", ("hostname", pattern))).Json.GetProperty("count").GetInt64().ShouldBe(count);
    }

    [Theory]
    [InlineData("registered_age")]
    [InlineData("checkin_age")]
    [InlineData("updated_age")]
    public async Task Ages_are_days_or_hours_and_negative_is_within(string name)
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.DeployAsync("K1", 1);
        var id = await api.Portal.RegisterAsync();
        using var first = await api.Portal.CheckInAsync(TestPortal.Facts(id));
        using var second = await api.Portal.CheckInAsync(TestPortal.Facts(id) with { PatchLevel = 1 });
        api.Portal.Time.Advance(TimeSpan.FromDays(2));

        foreach (
            var (age, count) in new[]
            {
                ("1", 1),
                ("47h", 1),
                ("49h", 0),
                ("3", 0),
                ("-1", 0),
                ("-47h", 0),
                ("-2", 1),
                ("-49h", 1),
                ("-3", 1),
                ("0", 1),
                ("+1", 1),
                ("2", 0),
                ("48h", 0),
                ("-48h", 1),
            }
        )
            (await api.Get("/servers", (name, age), ("only_count", "true"))).Text.ShouldBe(
                $$"""{"count":{{count}}}""",
                age
            );
    }

    [Theory]
    [InlineData("limit", "0")]
    [InlineData("limit", "-1")]
    [InlineData("limit", "10001")]
    [InlineData("limit", "1000000000")]
    [InlineData("limit", "ten")]
    [InlineData("offset", "-1")]
    [InlineData("offset", "99999999999")]
    [InlineData("registered_age", "9e99")]
    [InlineData("registered_age", "1d")]
    [InlineData("registered_age", "h")]
    [InlineData("registered_age", "-")]
    [InlineData("registered_age", "36501")]
    [InlineData("checkin_age", "NaN")]
    [InlineData("updated_age", "1.5")]
    [InlineData("is_updated", "maybe")]
    [InlineData("status", "asleep")]
    [InlineData("only_count", "2")]
    public async Task What_is_out_of_bounds_is_refused_with_the_parameter_named(string name, string value)
    {
        await using var api = await ApiCaller.StartAsync();

        var answer = await api.Get("/servers", (name, value));

        answer.ShouldBeError(HttpStatusCode.BadRequest, "bad-request");
        answer.Json.GetProperty("message").GetString()!.ShouldContain(name);
    }

    [Fact]
    public async Task Feed_key_tag_and_state_select()
    {
        await using var api = await ApiCaller.StartAsync();
        var portal = api.Portal;
        await portal.Portal.Feeds.Add(TestPortal.Admin, "test", new EPortal.Feeds.FeedSettings());
        await portal.Portal.Keys.Add(TestPortal.Admin, "t", new KeySettings(Feed: "test"));
        await portal.DeployAsync("K2", 2);
        await portal.DeployAsync("K1", 1, "test");
        var (a, b, c) = (
            await portal.RegisterAsync("a"),
            await portal.RegisterAsync("b"),
            await portal.RegisterAsync("c", "t")
        );
        using var x = await portal.CheckInAsync(
            TestPortal.Facts(a) with
            {
                Hostname = "a",
                PatchLevel = 1,
                Tags = "env:test;ubuntu",
            }
        );
        using var y = await portal.CheckInAsync(
            TestPortal.Facts(b) with
            {
                Hostname = "b",
                KernelId = new string('b', 40),
            }
        );
        using var z = await portal.CheckInAsync(
            TestPortal.Facts(c) with
            {
                Hostname = "c",
                PatchLevel = 1,
                Tags = "env:prod",
            }
        );

        (await Names(api, ("feed", "main"))).ShouldBe("a b");
        (await Names(api, ("feed", "test"))).ShouldBe("c");
        (await Names(api, ("key", "t"))).ShouldBe("c");
        (await Names(api, ("status", "outdated"))).ShouldBe("a");
        (await Names(api, ("status", "unsupported"))).ShouldBe("b");
        (await Names(api, ("status", "up_to_date"))).ShouldBe("c");
        (await Names(api, ("tag", "ubuntu"))).ShouldBe("a");
        (await Names(api, ("tag", "env:test"))).ShouldBe("a");
        (await Names(api, ("tag", "env"))).ShouldBe("");
        (await Names(api, ("tag", "env:%"))).ShouldBe("");
        (await Names(api, ("is_updated", "true"))).ShouldBe("c");
        (await Names(api, ("is_updated", "False"))).ShouldBe("a");
        (await Names(api, ("service_id", b))).ShouldBe("b");
        (await Names(api, ("key", "nobody's"))).ShouldBe("");
        (await Names(api, ("feed", "main"), ("tag", "ubuntu"), ("is_updated", "false"), ("ip", "127.0.0.%"))).ShouldBe(
            "a"
        );
        (await Names(api, ("limit", "2"))).ShouldBe("a b");
        (await Names(api, ("limit", "10000"))).ShouldBe("a b c");
        (await Names(api, ("limit", "2"), ("offset", "2"))).ShouldBe("c");
        (await Names(api, ("offset", "3"))).ShouldBe("");
    }

    [Fact]
    public async Task Inactive_servers_are_cleaned_by_age_of_at_least_a_day()
    {
        await using var api = await ApiCaller.StartAsync();
        var (_, fresh) = (await api.Portal.RegisterAsync("old"), await api.Portal.RegisterAsync("fresh"));
        api.Portal.Time.Advance(TimeSpan.FromDays(3));
        using var checkIn = await api.Portal.CheckInAsync(TestPortal.Facts(fresh) with { Hostname = "fresh" });

        foreach (var age in new[] { "0", "-3", "23h", "", "x" })
            (await api.Delete("/servers", ("checkin_age", age))).ShouldBeError(
                HttpStatusCode.BadRequest,
                "bad-request"
            );
        (await api.Delete("/servers")).ShouldBeError(HttpStatusCode.BadRequest, "bad-request");
        (await Names(api)).ShouldBe("fresh old");
        (await api.Delete("/servers", ("checkin_age", "4"))).Text.ShouldBe("""{"result":0}""");
        (await api.Delete("/servers", ("checkin_age", "48h"))).Text.ShouldBe("""{"result":1}""");
        (await Names(api)).ShouldBe("fresh");
        (await api.Delete("/servers", ("checkin_age", "1"))).Text.ShouldBe("""{"result":0}""");
    }

    [Fact]
    public async Task Deleting_needs_a_name_an_address_or_an_id_and_counts()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.RegisterAsync("twin");
        await api.Portal.RegisterAsync("twin");

        (await api.Post("/delete_server")).ShouldBeError(HttpStatusCode.BadRequest, "bad-request");
        (await api.Post("/delete_server", ("ip", ""))).ShouldBeError(HttpStatusCode.BadRequest, "bad-request");
        (await api.Post("/delete_server", ("hostname", "tw%"))).Text.ShouldBe("""{"result":0}""");
        (await api.Post("/delete_server", ("hostname", "twin"))).Text.ShouldBe("""{"result":2}""");
        (await api.Post("/delete_server", ("hostname", "twin"))).Text.ShouldBe("""{"result":0}""");
    }

    [Fact]
    public async Task Tags_are_set_and_absent_ones_removed()
    {
        await using var api = await ApiCaller.StartAsync();
        var id = await api.Portal.RegisterAsync();

        (await api.Post("/set_tags", ("server_id", id), ("tags", "env:test;ubuntu"))).Text.ShouldBe(
            """{"result":"ok"}"""
        );
        (await api.Get("/servers")).Result[0].GetProperty("tags").GetString().ShouldBe("env:test;ubuntu");
        (await api.Post("/set_tags", ("server_id", id))).Text.ShouldBe("""{"result":"ok"}""");
        (await api.Get("/servers")).Result[0].GetProperty("tags").ValueKind.ShouldBe(JsonValueKind.Null);
        (await api.Post("/set_tags", ("server_id", "0000000000000000"), ("tags", "x"))).ShouldBeError(
            HttpStatusCode.NotFound,
            "not-found"
        );
        (await api.Post("/set_tags", ("tags", "x"))).ShouldBeError(HttpStatusCode.BadRequest, "bad-request");
    }

    private static async Task<string> Names(ApiCaller api, params (string, string)[] parameters) =>
        string.Join(
            ' ',
            (await api.Get("/servers", parameters))
                .Result.EnumerateArray()
                .Select(server => server.GetProperty("hostname").GetString())
                .Order(StringComparer.Ordinal)
        );
}
