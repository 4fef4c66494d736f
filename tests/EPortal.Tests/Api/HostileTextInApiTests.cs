using System.Net;
using System.Text;
using EPortal.Servers.Search;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Api;

/// <summary>G12, G13 and G16 where the API shows, or answers by, what strangers sent.</summary>
[Trait("threat", "G12")]
public sealed class HostileTextInApiTests
{
    private static readonly string[] s_hostile =
    [
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "a\" onload=\"x",
        "web1|uptodate=99;",
        "x (10.0.0.1) is OUTOFDATE",
        "\u202eevil",
    ];

    [Fact]
    public async Task Hostile_host_names_are_shown_as_text()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.DeployAsync("K1", 1);
        foreach (var name in s_hostile)
        {
            var id = await api.Portal.RegisterAsync("web1");
            using var checkIn = await api.Portal.CheckInAsync(TestPortal.Facts(id) with { Hostname = name });
            if (checkIn.StatusCode != HttpStatusCode.OK)
                continue; // refused is as good

            var listed = await api.Get("/servers", ("service_id", id));
            // JSON is no page: browsers are told what it is, and not to guess.
            listed.Type.ShouldBe("application/json");
            listed.Headers.GetValues("X-Content-Type-Options").Single().ShouldBe("nosniff");
            listed.Result[0].GetProperty("hostname").GetString().ShouldBe(name);
        }

        var report = await api.Call("GET", "/kcare/nagios/k", Carrier.Query, null);
        report.Type.ShouldBe("text/plain");
        report
            .Text.Split('\n')[0]
            .ShouldStartWith(
                $"{(await api.Get("/servers", ("is_updated", "false"), ("only_count", "1"))).Json.GetProperty("count").GetInt64()} machines are OUTOFDATE!|uptodate=0;"
            );
    }

    [Fact]
    public async Task Neither_line_breaks_nor_control_characters_get_into_reports()
    {
        await using var api = await ApiCaller.StartAsync();
        var id = await api.Portal.RegisterAsync("web1");

        foreach (var name in new[] { "a\nb is OUTOFDATE", "a\rb", "a\0b", "a\u001b[31mb", "a\u0085b" })
        {
            using var checkIn = await api.Portal.CheckInAsync(TestPortal.Facts(id) with { Hostname = name });
            checkIn.StatusCode.ShouldBe(HttpStatusCode.OK, name);
            (await api.Call("POST", "/register", Carrier.Json, null, ("key", "k"), ("hostname", name))).Status.ShouldBe(
                name.Contains('\0') ? HttpStatusCode.BadRequest : HttpStatusCode.OK,
                name
            );
            api.Portal.Portal.Servers.List(new ServerQuery(), api.Portal.Portal.Offers)
                .Select(server => server.Facts.Hostname)
                .Distinct()
                .ShouldBe(["web1", "127.0.0.1"], ignoreOrder: true, name);
        }
    }

    /// <summary>A bar begins performance data, on every line of a plugin's output.</summary>
    [Theory]
    [InlineData("a|uptodate=99;b", "a/uptodate=99,b")]
    [InlineData("a\u2028b", "a\\u2028b")]
    [InlineData("a\U000E0041b", "a\\U000e0041b")]
    public async Task Names_cannot_add_performance_data_to_a_report(string name, string shown)
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.DeployAsync("K1", 1);
        (
            await api.Portal.CheckInAsync(
                TestPortal.Facts(await api.Portal.RegisterAsync("web1")) with
                {
                    Hostname = name,
                }
            )
        ).Dispose();

        var lines = (await api.Call("GET", "/kcare/nagios/k", Carrier.Query, null)).Text.TrimEnd('\n').Split('\n');

        lines.Length.ShouldBe(2);
        lines[1].ShouldBe($"{shown} (127.0.0.1) is OUTOFDATE");
        (await api.Call("GET", "/kcare/nagios/" + Uri.EscapeDataString("no|key;x"), Carrier.Query, null)).Text.ShouldBe(
            "Servers not found for key no/key,x\n"
        );
    }

    [Fact]
    public async Task Unknown_keys_and_keys_without_servers_are_answered_alike()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Post("/keys", ("key", "empty1"));

        foreach (var path in new[] { "/kcare/nagios/", "/kcare/patchset/", "/kcare/patchset.json?key=" })
        {
            var (empty, unknown) = (
                await api.Call("GET", path + "empty1", Carrier.Query, null),
                await api.Call("GET", path + "empty2", Carrier.Query, null)
            );
            empty.Text.Replace("empty1", "empty2", StringComparison.Ordinal).ShouldBe(unknown.Text);
            empty.Status.ShouldBe(unknown.Status);
        }
    }

    [Theory]
    [InlineData("evil.example/\"><script>")]
    [InlineData("$(reboot)")]
    [InlineData("a b")]
    [InlineData("")]
    [InlineData("[::1")]
    [InlineData("a:b:c")]
    public async Task A_hostile_host_leads_nowhere(string host)
    {
        await using var api = await ApiCaller.StartAsync();
        foreach (
            var path in new[]
            {
                "/admin",
                "/admin/login",
                "/admin/api/docs",
                "/admin/api/docs/",
                "/admin/api/openapi.json",
            }
        )
        {
            var answer = await RawHttp.SendAsync(
                api.Portal.Address,
                Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
            );
            answer.Status.ShouldBeLessThan(500, path);
            if (answer.Status != 400 && host.Length > 0)
                (answer.Head + answer.Text).ShouldNotContain(host, Case.Sensitive, path);
        }
    }
}
