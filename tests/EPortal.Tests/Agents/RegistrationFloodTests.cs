using EPortal.Hosting;
using EPortal.Keys;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents;

/// <summary>Registering without end: the limit of a key is exact, the rate of an address bounded.</summary>
[Trait("threat", "G14")]
public sealed class RegistrationFloodTests
{
    private const string Call = "/admin/api/kcare/register_server.plain?hostname=h&key=";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hundred_at_once_get_exactly_the_ten_places_of_a_key()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.Portal.Keys.Add(TestPortal.Admin, "ten", new KeySettings(ServerLimit: 10));

        var codes = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Register(portal, "ten")));

        codes.Count(code => code == "0").ShouldBe(10);
        codes.Count(code => code == "3").ShouldBe(90);
        portal.Portal.Servers.CountByKey().Single(count => count.Key == "ten").Count.ShouldBe(10);
    }

    [Fact]
    public async Task A_limit_lowered_below_what_is_there_lets_nobody_in_and_throws_nobody_out()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        await portal.RegisterAsync();
        await portal.Portal.Keys.Update(TestPortal.Admin, TestPortal.Key, new KeySettings(ServerLimit: 1));

        (await Register(portal, TestPortal.Key)).ShouldBe("3");
        (await portal.GetPlainAsync($"check.plain?server_id={id}"))["code"].ShouldBe("0");
    }

    [Fact]
    public async Task An_address_registers_no_faster_than_the_setting_says_and_others_are_not_held_up()
    {
        await using var portal = await TestPortal.StartAsync(settings => settings with { RegisterRateLimit = 20 });

        var codes = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(_ => Register(portal, TestPortal.Key, "203.0.113.1"))
        );

        codes.Count(code => code == "0").ShouldBe(20);
        codes.Count(code => code == "1").ShouldBe(180);
        (await Register(portal, TestPortal.Key, "203.0.113.2")).ShouldBe("0");
        (await Register(portal, "nope", "203.0.113.1")).ShouldBe("1", "a locked address cannot try keys either");
        var id = portal.Portal.Servers.List(new EPortal.Servers.Search.ServerQuery(), portal.Portal.Offers)[0].ServerId;
        using var checkin = await portal.CheckInAsync(TestPortal.Facts(id), "203.0.113.1");
        checkin.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK, "hosts that are registered are served");
    }

    [Fact]
    public async Task Keys_cannot_be_tried_faster_than_that()
    {
        await using var portal = await TestPortal.StartAsync(settings => settings with { RegisterRateLimit = 20 });

        var codes = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(n => Register(portal, $"guess{n}", "203.0.113.1"))
        );

        codes.Count(code => code == "2").ShouldBe(10);
        codes.Count(code => code == "1").ShouldBe(90);
        (await Register(portal, TestPortal.Key, "203.0.113.1")).ShouldBe(
            "1",
            "else the answer tells a key that is right"
        );
        (await Register(portal, TestPortal.Key, "203.0.113.2")).ShouldBe("0");
    }

    [Fact]
    public async Task Hosts_behind_one_address_that_show_the_same_old_key_hold_up_no_others()
    {
        await using var portal = await TestPortal.StartAsync();

        var codes = await Task.WhenAll(
            Enumerable.Range(0, 300).Select(_ => Register(portal, "deleted", "203.0.113.1"))
        );

        codes.ShouldAllBe(code => code == "2");
        (await Register(portal, TestPortal.Key, "203.0.113.1")).ShouldBe("0");
    }

    [Fact]
    public async Task A_host_with_a_whole_IPv6_network_counts_as_one()
    {
        await using var portal = await TestPortal.StartAsync(settings => settings with { RegisterRateLimit = 20 });

        var codes = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(n => Register(portal, TestPortal.Key, $"2001:db8:1:2::{n:x}"))
        );

        codes.Count(code => code == "0").ShouldBe(20);
        (await Register(portal, TestPortal.Key, "2001:db8:1:3::1")).ShouldBe("0");
    }

    [Fact]
    public async Task A_claimed_address_of_a_stranger_is_not_believed()
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                RegisterRateLimit = 20,
                TrustedProxies = [NetworkRange.ParseOrNull("192.0.2.1")!],
            }
        );

        var codes = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(n => Register(portal, TestPortal.Key, $"203.0.113.{n}"))
        );

        codes.Count(code => code == "0").ShouldBe(20);
    }

    private static async Task<string> Register(TestPortal portal, string key, string? address = null)
    {
        using var answer = await portal.GetAsync(
            Call + key,
            headers: headers =>
            {
                if (address is not null)
                    headers.Add("X-Forwarded-For", address);
            }
        );
        return TestPortal.Lines(await answer.Content.ReadAsStringAsync(Cancellation))["code"];
    }
}
