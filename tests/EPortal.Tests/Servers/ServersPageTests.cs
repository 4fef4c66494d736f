using System.Net;
using EPortal.AgentClient.Wire;
using EPortal.Servers;
using EPortal.Tests.Accounts;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers;

/// <summary>The list of servers in the console, and its export.</summary>
public sealed class ServersPageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_filter_leaves_what_it_says_and_is_shown_to_be_changed_or_removed()
    {
        await using var fleet = await ServerFleet.StartAsync();
        await fleet.AddAsync("web1", facts => facts with { Distro = "AlmaLinux", Tags = "env:prod" });
        await fleet.AddAsync("db1", facts => facts with { Distro = "Debian" });

        var page = await fleet.Browser.TextAsync("/admin/servers?distro=alma%25&tag=");

        page.ShouldContain("web1</a>");
        page.ShouldNotContain("db1</a>");
        page.ShouldContain("value=\"alma%\"");
        page.ShouldContain("id=\"filter-tag\"");
        page.ShouldContain("name=\"remove\" value=\"distro\" aria-label=\"Remove the filter Distribution\"");
        page.ShouldContain("1 to 1 of 1");
    }

    [Theory]
    [InlineData("servers?q=web&tag=&sort=-ip&add=key", "servers?q=web&key=&tag=&sort=-ip")]
    [InlineData("servers?q=&tag=a%3Bb&key=k&remove=key", "servers?tag=a%3Bb")]
    [InlineData("servers?key=k&add=key", "servers?key=k")]
    [InlineData("overview?q=web&add=tag", "overview?q=web&tag=")]
    [InlineData("overview?q=web&tag=a&remove=tag", "overview?q=web")]
    public async Task A_filter_is_added_or_removed_with_all_that_was_typed(string sent, string shown)
    {
        await using var fleet = await ServerFleet.StartAsync(ApiCaller.Reader);

        using var answer = await fleet.Browser.GetAsync("/admin/" + sent);

        answer.Headers.Location!.ToString().ShouldBe("/admin/" + shown);
        (await fleet.Browser.StatusAsync("/admin/" + shown)).ShouldBe(HttpStatusCode.OK);
        (await fleet.Browser.StatusAsync("/admin/servers?add=nonsense&remove=%00x")).ShouldBe(
            HttpStatusCode.BadRequest
        );
        (await fleet.Browser.StatusAsync("/admin/servers?add=nonsense")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task All_that_leads_on_speaks_of_the_selection_that_is_listed()
    {
        await using var fleet = await ServerFleet.StartAsync();
        await fleet.AddAsync("web1");

        var page = await fleet.Browser.TextAsync("/admin/servers?q=web&key=k&sort=-ip");

        var swapped = page[
            page.IndexOf("id=\"list-actions\"", StringComparison.Ordinal)..page.IndexOf(
                "<form class=\"card card-body",
                StringComparison.Ordinal
            )
        ];
        swapped.ShouldContain("href=\"/admin/overview?q=web&amp;key=k\"");
        swapped.ShouldContain("href=\"/admin/servers/export?q=web&amp;key=k&amp;sort=-ip\"");
        swapped.ShouldContain("name=\"next\" value=\"/admin/servers?q=web&amp;key=k&amp;sort=-ip\"");
        page.ShouldContain("hx-select-oob=\"#list-actions,#filter-clear\"");
        page.ShouldContain("action=\"/admin/servers/change?q=web&amp;key=k&amp;sort=-ip\"");
    }

    [Theory]
    [InlineData("q=web", "web1 web2")]
    [InlineData("q=%25b1", "db1 web1")]
    [InlineData("q=127.0.", "db1 web1 web2")]
    [InlineData("status=uptodate", "web1")]
    [InlineData("status=unsupported", "db1 web2")]
    [InlineData("status=inactive", "")]
    [InlineData("patchset=K1&feed=main", "web1")]
    [InlineData("checkin_age=-2", "db1 web1 web2")]
    [InlineData("failed=yes", "web2")]
    [InlineData("uptime=week", "db1")]
    [InlineData("virt=-", "web1 web2")]
    [InlineData("key=k&tag=a&machine=x86_64", "web2")]
    public async Task Filters_of_the_address_are_in_force(string query, string hosts)
    {
        await using var fleet = await ServerFleet.StartAsync();
        await fleet.Portal.DeployAsync("K1", 1);
        var other = new string('b', 40);
        await fleet.AddAsync("web1", facts => facts with { PatchLevel = 1 });
        await fleet.AddAsync(
            "web2",
            facts =>
                facts with
                {
                    KernelId = other,
                    Tags = "a",
                    LastUpdate = new LastUpdate
                    {
                        Result = LastUpdate.Failed,
                        Level = 2,
                        Message = "no",
                    },
                }
        );
        await fleet.AddAsync("db1", facts => facts with { KernelId = other, Virt = "kvm", Uptime = 100_000 });

        Hosts(await fleet.Browser.TextAsync("/admin/servers?" + query)).ShouldBe(hosts);
    }

    [Fact]
    public async Task What_is_inactive_counts_as_nothing_else()
    {
        await using var fleet = await ServerFleet.StartAsync();
        await fleet.Portal.DeployAsync("K1", 1);
        await fleet.AddAsync("web1", facts => facts with { PatchLevel = 1 });
        fleet.Portal.Time.Advance(TimeSpan.FromHours(47));
        await fleet.AddAsync("web2", facts => facts with { PatchLevel = 1 });
        fleet.Portal.Time.Advance(TimeSpan.FromHours(2));
        using var browser = new Browser(fleet.Portal);
        (await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password)).Dispose();

        Hosts(await browser.TextAsync("/admin/servers?status=inactive")).ShouldBe("web1");
        Hosts(await browser.TextAsync("/admin/servers?status=silent")).ShouldBe("web1", "addresses that were saved");
        Hosts(await browser.TextAsync("/admin/servers?status=uptodate")).ShouldBe("web2");
    }

    [Fact]
    public async Task Columns_sort_both_ways_and_say_so()
    {
        await using var fleet = await ServerFleet.StartAsync();
        await fleet.AddAsync("a", facts => facts with { Euname = "6.2" });
        await fleet.AddAsync("b", facts => facts with { Euname = "6.1" });

        var page = await fleet.Browser.TextAsync("/admin/servers?sort=euname");

        page.IndexOf("b</a>", StringComparison.Ordinal)
            .ShouldBeLessThan(page.IndexOf("a</a></th>", StringComparison.Ordinal));
        page.ShouldContain("aria-sort=\"ascending\"");
        page.ShouldContain("sort=-euname");
        Hosts(await fleet.Browser.TextAsync("/admin/servers?sort=-euname")).ShouldBe("a b");
        Hosts(await fleet.Browser.TextAsync("/admin/servers?sort=nonsense")).ShouldBe("a b");
    }

    [Theory]
    [InlineData("checkin_age=soon")]
    [InlineData("status=well")]
    [InlineData("failed=maybe")]
    [InlineData("uptime=1")]
    public async Task A_value_that_no_filter_has_is_told_and_lists_nothing(string query)
    {
        await using var fleet = await ServerFleet.StartAsync();
        await fleet.AddAsync("web1");

        using var answer = await fleet.Browser.GetAsync("/admin/servers?" + query);
        var page = await answer.Content.ReadAsStringAsync(Cancellation);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        page[page.IndexOf("id=\"servers\"", StringComparison.Ordinal)..]
            .ShouldContain("role=\"alert\"", customMessage: "the part that a script fetches anew says what is wrong");
        page.ShouldNotContain("web1</a>");
        (await fleet.Browser.StatusAsync("/admin/overview?" + query)).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Columns_are_chosen_and_kept()
    {
        await using var fleet = await ServerFleet.StartAsync(ApiCaller.Reader);
        await fleet.AddAsync("web1", facts => facts with { Virt = "the-hypervisor" });
        (await fleet.Browser.TextAsync("/admin/servers")).ShouldNotContain("<td>the-hypervisor</td>");

        using var answer = await fleet.Browser.PostAsync(
            "/admin/servers/columns",
            ("column", "virt"),
            ("column", "<script>"),
            ("next", "/admin/servers?q=web")
        );

        answer.Headers.Location!.ToString().ShouldBe("/admin/servers?q=web");
        var page = await fleet.Browser.TextAsync("/admin/servers");
        page.ShouldContain("<td>the-hypervisor</td>");
        page.ShouldNotContain("?sort=ip");
    }

    [Fact]
    public async Task Readers_see_the_list_and_no_way_to_change_it()
    {
        await using var fleet = await ServerFleet.StartAsync(ApiCaller.Reader);
        var id = await fleet.AddAsync("web1", facts => facts with { Tags = "a" });

        foreach (var path in new[] { "/admin/servers", $"/admin/servers/{id}", "/admin/tags", "/admin/tag?tag=a" })
        {
            var page = await fleet.Browser.TextAsync(path);
            page.ShouldNotContain("name=\"server\"");
            page.ShouldNotContain("btn-danger");
            page.ShouldNotContain("Save");
            page.ShouldNotContain(">Rename");
        }
    }

    [Fact]
    public async Task An_export_holds_the_whole_selection_and_no_formula()
    {
        await using var fleet = await ServerFleet.StartAsync(ApiCaller.Reader);
        for (var n = 0; n < 60; n++)
            await fleet.Portal.Portal.Get<Registration>().Register($"web{n:d2}", "192.0.2.1", "k");
        await fleet.AddAsync("=cmd|'/c calc'!A1", facts => facts with { Distro = "a \"b\", c" });

        using var answer = await fleet.Browser.GetAsync("/admin/servers/export?hostname=%25w%25&sort=-hostname");
        var lines = (await answer.Content.ReadAsStringAsync(Cancellation)).Split("\r\n");

        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/csv");
        answer.Content.Headers.ContentDisposition!.DispositionType.ShouldBe("attachment");
        lines[0].ShouldStartWith("id,hostname,ip,status,");
        lines.Length.ShouldBe(62);
        lines[1].ShouldContain(",web59,192.0.2.1,");
        var whole = await fleet.Browser.TextAsync("/admin/servers/export");
        whole.ShouldContain(",'=cmd|'/c calc'!A1,");
        whole.ShouldContain(",\"a \"\"b\"\", c\",");
    }

    /// <summary>Host names in the rows, in their order.</summary>
    private static string Hosts(string page) =>
        string.Join(' ', page.Split("<th scope=\"row\">").Skip(1).Select(row => row.Split("</a>")[0].Split('>')[^1]));
}
