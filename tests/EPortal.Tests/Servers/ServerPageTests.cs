using System.Net;
using EPortal.Keys;
using EPortal.Servers.Search;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers;

/// <summary>The page of one server, and what its forms do.</summary>
public sealed class ServerPageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_tells_what_a_server_runs_what_it_could_run_and_what_that_closes()
    {
        await using var fleet = await ServerFleet.StartAsync();
        await fleet.Portal.DeployAsync("K1", 1, cves: ["CVE-2026-0001"]);
        await fleet.Portal.DeployAsync("K2", 2, cves: ["CVE-2026-0001", "CVE-2026-0002"]);
        await fleet.Portal.DeployAsync("K3", 3, target: new string('b', 40), cves: ["CVE-2026-0003"]);
        var id = await fleet.AddAsync("web1", facts => facts with { PatchLevel = 1 });

        var page = await fleet.Browser.TextAsync($"/admin/servers/{id}");

        page.ShouldContain("Outdated</span>");
        page.ShouldContain($"<code>{fleet.Server(id).ServerId}</code>");
        page.ShouldContain("href=\"/admin/patchsets/kernel/K1\"");
        page.ShouldContain("href=\"/admin/patchsets/kernel/K2\"");
        var (open, closed) = (
            page.IndexOf("Open, fixed by", StringComparison.Ordinal),
            page.IndexOf("Fixed by", StringComparison.Ordinal)
        );
        page[open..closed].ShouldContain("CVE-2026-0002");
        page[open..closed].ShouldNotContain("CVE-2026-0001");
        page[closed..].ShouldContain("CVE-2026-0001");
        page.ShouldNotContain("CVE-2026-0003");
    }

    [Fact]
    public async Task Its_history_comes_in_pages()
    {
        await using var fleet = await ServerFleet.StartAsync(ApiCaller.Reader);
        var id = await fleet.AddAsync("web1");
        var server = fleet.Server(id);
        for (var level = 1; level <= 30; level++)
        {
            fleet.Portal.Time.Advance(TimeSpan.FromMinutes(1));
            (await fleet.Portal.CheckInAsync(TestPortal.Facts(server.ServerId) with { PatchLevel = level })).Dispose();
        }

        var first = await fleet.Browser.TextAsync($"/admin/servers/{id}");
        var second = await fleet.Browser.TextAsync($"/admin/servers/{id}?offset=25");

        first.ShouldContain("1 to 25 of 30");
        first.ShouldContain("2026-05-01 12:29:00 UTC");
        second.ShouldContain("26 to 30 of 30");
        second.ShouldNotContain("2026-05-01 12:29:00 UTC");
    }

    [Fact]
    public async Task Tags_are_saved_and_a_refusal_shows_them_as_filled_in()
    {
        await using var fleet = await ServerFleet.StartAsync();
        var id = await fleet.AddAsync("web1");

        (await fleet.Browser.PostStatusAsync($"/admin/servers/{id}/tags", ("tags", " a ;; b"))).ShouldBe(
            HttpStatusCode.Redirect
        );
        using var refused = await fleet.Browser.PostAsync($"/admin/servers/{id}/tags", ("tags", "line\nbreak"));

        fleet.Server(id).Tags.ShouldBe("a;b");
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await refused.Content.ReadAsStringAsync(Cancellation)).ShouldContain("line&#xA;break");
        fleet.Log("server.tag").Count.ShouldBe(1);
    }

    [Fact]
    public async Task It_moves_to_a_key_unless_that_is_full()
    {
        await using var fleet = await ServerFleet.StartAsync();
        await fleet.Portal.Portal.Keys.Add(TestPortal.Admin, "free", new KeySettings());
        await fleet.Portal.Portal.Keys.Add(TestPortal.Admin, "full", new KeySettings(ServerLimit: 1));
        await fleet.AddAsync("web0", key: "full");
        var id = await fleet.AddAsync("web1");

        using var refused = await fleet.Browser.PostAsync($"/admin/servers/{id}/move", ("to", "full"));
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await refused.Content.ReadAsStringAsync(Cancellation)).ShouldContain("would exceed the limit");
        fleet.Server(id).Key.ShouldBe(TestPortal.Key);

        (await fleet.Browser.PostStatusAsync($"/admin/servers/{id}/move", ("to", "free"))).ShouldBe(
            HttpStatusCode.Redirect
        );
        fleet.Server(id).Key.ShouldBe("free");
        fleet.Log("server.move").Single().Detail.ShouldBe("to key free: 1 server");
        fleet.Find(new ServerQuery { Key = "free" }).Single().Id.ShouldBe(id);
    }

    [Fact]
    public async Task It_is_deleted_only_when_the_box_was_ticked()
    {
        await using var fleet = await ServerFleet.StartAsync();
        var id = await fleet.AddAsync("web1");

        (await fleet.Browser.PostStatusAsync($"/admin/servers/{id}/delete")).ShouldBe(HttpStatusCode.BadRequest);
        fleet.Find(new ServerQuery()).Count.ShouldBe(1);

        (await fleet.Browser.PostStatusAsync($"/admin/servers/{id}/delete", ("sure", "true"))).ShouldBe(
            HttpStatusCode.Redirect
        );
        fleet.Find(new ServerQuery()).ShouldBeEmpty();
        (await fleet.Browser.StatusAsync($"/admin/servers/{id}")).ShouldBe(HttpStatusCode.NotFound);
        (await fleet.Browser.TextAsync("/admin/servers")).ShouldContain("No servers yet");
    }

    [Fact]
    public async Task The_secret_id_of_an_agent_is_no_address()
    {
        await using var fleet = await ServerFleet.StartAsync();
        var id = await fleet.AddAsync("web1");

        (await fleet.Browser.StatusAsync($"/admin/servers/{fleet.Server(id).ServerId}")).ShouldBe(
            HttpStatusCode.NotFound
        );
        (await fleet.Browser.TextAsync("/admin/servers")).ShouldNotContain(fleet.Server(id).ServerId);
    }
}
