using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers;

/// <summary>The overview of a selection of servers.</summary>
public sealed partial class OverviewPageTests
{
    [Fact]
    public async Task Every_figure_leads_to_as_many_servers_as_it_says()
    {
        await using var fleet = await ServerFleet.StartAsync(ApiCaller.Reader);
        await fleet.AddAsync(
            "web1",
            facts => facts with { Distro = "AlmaLinux", DistroVersion = "9.5", Euname = "5.14.1", Uptime = 10 }
        );
        await fleet.AddAsync(
            "web2",
            facts => facts with { Distro = "AlmaLinux", DistroVersion = "9.4", Machine = "aarch64", Uptime = 200_000 }
        );
        await fleet.AddAsync(
            "web3",
            facts => facts with { Distro = "", DistroVersion = "", Release = "", Euname = "", Machine = "" }
        );
        await fleet.AddAsync("db1", facts => facts with { Distro = "Debian & co" });

        var page = await fleet.Browser.TextAsync("/admin/overview?q=web");

        page.ShouldContain("3 servers");
        page.ShouldNotContain("Debian");
        var links = Figures()
            .Matches(page)
            .Select(match =>
                (
                    Address: WebUtility.HtmlDecode(match.Groups[1].Value),
                    Servers: int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)
                )
            )
            .ToList();
        links.Count.ShouldBe(3 + 2 + 3);
        foreach (var (address, servers) in links)
            (await fleet.Browser.TextAsync(address)).ShouldContain($" of {servers}</p>", Case.Sensitive, address);
        Segments().Count(page).ShouldBe(2 + 3);
    }

    [Fact]
    public async Task What_is_rare_comes_together()
    {
        await using var fleet = await ServerFleet.StartAsync(ApiCaller.Reader);
        for (var n = 0; n < 12; n++)
            await fleet.AddAsync($"web{n}", facts => facts with { Release = $"6.{n}" });

        var page = await fleet.Browser.TextAsync("/admin/overview");

        page.ShouldContain("2 others");
        page.ShouldContain("/admin/overview?release=6.0");
    }

    [Fact]
    public async Task Without_servers_it_says_how_they_come()
    {
        await using var fleet = await ServerFleet.StartAsync(ApiCaller.Reader);

        (await fleet.Browser.TextAsync("/admin/overview")).ShouldContain("No servers yet");
        (await fleet.Browser.TextAsync("/admin/overview?q=x")).ShouldContain("No server matches");
    }

    [GeneratedRegex("<td class=\"text-end\"><a href=\"(/admin/servers[^\"]*)\">(\\d+)<span")]
    private static partial Regex Figures();

    [GeneratedRegex(
        "<th scope=\"row\" class=\"text-break\">\\s*<a href=\"/admin/servers\\?q=web&amp;(?:uptime|machine)="
    )]
    private static partial Regex Segments();
}
