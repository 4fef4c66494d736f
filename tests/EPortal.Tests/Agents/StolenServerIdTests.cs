using System.Net;
using EPortal.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents;

/// <summary>
/// Another host's id in use: an id is the whole credential of a host, so whoever has it can act as that host, and no
/// further; where it was used from stands in the history.
/// </summary>
[Trait("threat", "G15")]
public sealed class StolenServerIdTests
{
    [Fact]
    public async Task A_changed_address_and_name_stand_in_the_history()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        using (await portal.CheckInAsync(TestPortal.Facts(id), "198.51.100.1")) { }

        portal.Time.Advance(TimeSpan.FromMinutes(5));
        using (await portal.CheckInAsync(TestPortal.Facts(id) with { Hostname = "thief" }, "198.51.100.66")) { }

        portal.Time.Advance(TimeSpan.FromMinutes(5));
        using (await portal.CheckInAsync(TestPortal.Facts(id), "198.51.100.1")) { }

        var history = portal.Portal.Servers.History(id, 100).Where(e => e.What == "ip").ToList();
        history
            .Select(e => (e.Was, e.Became))
            .ShouldBe([("198.51.100.66", "198.51.100.1"), ("198.51.100.1", "198.51.100.66")]);
        history[1].At.ShouldBe(portal.Time.GetUtcNow() - TimeSpan.FromMinutes(5));
        portal.Portal.Servers.History(id, 100).ShouldContain(e => e.What == "hostname" && e.Became == "thief");
    }

    [Fact]
    public async Task Whoever_has_the_id_can_tag_and_unregister_that_host_and_no_other()
    {
        await using var portal = await TestPortal.StartAsync();
        var stolen = await portal.RegisterAsync("victim");
        var other = await portal.RegisterAsync("other");

        (await portal.GetPlainAsync($"tag_server.plain?server_id={stolen}&tag=taken"))["code"].ShouldBe("0");
        (await portal.GetPlainAsync($"unregister_server.plain?server_id={stolen}"))["code"].ShouldBe("0");

        var left = portal.TheServer();
        (left.ServerId, left.Tags).ShouldBe((other, ""));
        using var again = await portal.CheckInAsync(TestPortal.Facts(stolen));
        again.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("%")]
    [InlineData("%25")]
    [InlineData("*")]
    [InlineData("' OR 1=1 --")]
    [InlineData("_______________")]
    [InlineData("\u0000")]
    public async Task No_pattern_stands_for_ids(string pattern)
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.RegisterAsync();

        foreach (var call in (string[])["unregister_server.plain?", "tag_server.plain?tag=x&", "check.plain?"])
            (await portal.GetPlainAsync($"{call}server_id={Uri.EscapeDataString(pattern)}"))["code"].ShouldNotBe("0");

        portal.TheServer().Tags.ShouldBe("");
    }

    [Fact]
    public async Task An_id_twice_in_a_call_is_no_id()
    {
        await using var portal = await TestPortal.StartAsync();
        var one = await portal.RegisterAsync("one");
        var two = await portal.RegisterAsync("two");

        (await portal.GetPlainAsync($"unregister_server.plain?server_id={one}&server_id={two}"))["code"].ShouldBe("1");

        portal.Portal.Servers.CountByKey().Single().Count.ShouldBe(2);
    }

    [Fact]
    public async Task The_address_of_a_stranger_is_the_one_it_calls_from()
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                TrustedProxies = [NetworkRange.ParseOrNull("192.0.2.1")!],
            }
        );
        var id = await portal.RegisterAsync();

        using (await portal.CheckInAsync(TestPortal.Facts(id), "198.51.100.1")) { }

        portal.TheServer().Facts.Ip.ShouldBe("127.0.0.1");
    }

    [Fact]
    public async Task Where_no_proxy_is_named_none_is_believed()
    {
        await using var portal = await TestPortal.StartAsync(settings => settings with { TrustedProxies = [] });
        var id = await portal.RegisterAsync();

        using (await portal.CheckInAsync(TestPortal.Facts(id), "198.51.100.1")) { }

        portal.TheServer().Facts.Ip.ShouldBe("127.0.0.1");
    }
}
