using System.Net;
using EPortal.Data;
using EPortal.Keys;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using EPortal.Tests.WebConsole;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Feeds;

/// <summary>The list of patchsets, and the page of one.</summary>
public sealed class PatchsetPageTests
{
    [Fact]
    public async Task The_list_tells_states_and_servers_of_each_feed()
    {
        await using var site = await PatchsetSite.OpenAsync();
        await site.Portal.Portal.Keys.Add(TestPortal.Admin, "t", new KeySettings(Feed: "test"));
        await site.Portal.DeployAsync("K1", 1);
        await site.Portal.DeployAsync("K2", 2, "test");
        await site.RunAsync(1);
        await site.RunAsync(2, "t");
        await site.RunAsync(2, "t");

        (await site.Browser.GetAsync("/admin/patchsets"))
            .Headers.Location!.ToString()
            .ShouldBe("/admin/patchsets/kernel");
        var page = await site.Browser.TextAsync("/admin/patchsets/kernel");

        page.IndexOf(">K2<", StringComparison.Ordinal)
            .ShouldBeInRange(1, page.IndexOf(">K1<", StringComparison.Ordinal));
        page.ShouldContain("href=\"/admin/servers?patchset=K2\">2<");
        page.ShouldContain("href=\"/admin/servers?patchset=K2&amp;feed=test\">2<");
        page.ShouldContain("href=\"/admin/servers?patchset=K1&amp;feed=main\">1<");
        page.ShouldNotContain("patchset=K1&amp;feed=test");
        page.ShouldContain("Enabled</span>");
        page.ShouldContain("Undeployed</span>");
    }

    [Theory]
    [InlineData("name=2", "K2")]
    [InlineData("distro=debian12", "K1 K2")]
    [InlineData("distro=ubuntu22.04", "")]
    [InlineData("use=servers", "K1")]
    [InlineData("use=feeds", "K1 K2")]
    [InlineData("state=unavailable", "")]
    [InlineData("state=available&use=servers&name=k", "K1")]
    public async Task Filters_leave_what_they_name(string filter, string left)
    {
        await using var site = await PatchsetSite.OpenAsync();
        await site.Portal.DeployAsync("K1", 1);
        await site.Portal.DeployAsync("K2", 2);
        await site.RunAsync(1);

        var page = await site.Browser.TextAsync($"/admin/patchsets/kernel?{filter}");

        string.Join(' ', new[] { "K1", "K2" }.Where(name => page.Contains($">{name}</a>", StringComparison.Ordinal)))
            .ShouldBe(left);
    }

    [Fact]
    public async Task Of_other_products_no_number_is_made_up()
    {
        await using var site = await PatchsetSite.OpenAsync();
        await site.Portal.DeployAsync("U1", 1, product: EPortal.Format.Product.User, target: new string('b', 40));

        var page = await site.Browser.TextAsync("/admin/patchsets/user");

        page.ShouldContain(">U1</a>");
        page.ShouldContain("is not known");
        page.ShouldNotContain("/admin/servers?patchset");
        (await site.Browser.StatusAsync("/admin/patchsets/nonsense")).ShouldBe(HttpStatusCode.NotFound);
        (await site.Browser.StatusAsync("/admin/patchsets/user/K1")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_makers_write_is_shown_and_does_nothing()
    {
        await using var site = await PatchsetSite.OpenAsync();
        await site.DeployAsync(
            "K7",
            "<script>alert(1)</script>",
            "# New\n\n<script>alert(2)</script> <b>x</b>\n\n[bad](javascript:alert(3)) [good](https://example.com/a) ![img](https://example.com/p.png)\n\n<javascript:alert(4)>",
            "CVE-2025-0001",
            "CVE-2026-12345"
        );

        var page = await site.Browser.TextAsync("/admin/patchsets/kernel/K7");

        page.ShouldContain("&lt;script&gt;alert(1)");
        page.ShouldContain("&lt;script&gt;alert(2)");
        page.ShouldContain("<h3>New</h3>");
        page.ShouldContain("<a href=\"https://example.com/a\" rel=\"noopener noreferrer\">good</a>");
        page.ShouldNotContain("href=\"javascript");
        page.ShouldNotContain("p.png");
        page.ShouldContain("https://www.cve.org/CVERecord?id=CVE-2026-12345");
        page.IndexOf("CVE-2026-12345", StringComparison.Ordinal)
            .ShouldBeLessThan(page.IndexOf("CVE-2025-0001", StringComparison.Ordinal));
        page.ShouldContain("6.1.0-25-amd64");
    }

    [Fact]
    public async Task It_is_deleted_once_somebody_is_sure()
    {
        await using var site = await PatchsetSite.OpenAsync();
        await site.Portal.DeployAsync("K1", 1);

        (await site.Browser.PostStatusAsync("/admin/patchsets/kernel/K1/delete")).ShouldBe(HttpStatusCode.BadRequest);
        site.States("main").ShouldBe(["K1 enabled"]);

        using var answer = await site.Browser.PostAsync(
            "/admin/patchsets/kernel/K1/delete",
            ("sure", "true"),
            ShownFirst.Seen(await site.Browser.TextAsync("/admin/patchsets/kernel/K1"))
        );
        answer.Headers.Location!.ToString().ShouldBe("/admin/patchsets/kernel");
        site.States("main").ShouldBeEmpty();
        site.Portal.Portal.Database.Read(session => UserLog.Latest(session, 10))
            .ShouldContain(line => line.Action == "patchset.delete" && line.Actor == ApiCaller.Admin);
    }

    [Fact]
    public async Task Readers_see_all_and_are_offered_no_change()
    {
        await using var site = await PatchsetSite.OpenAsync(ApiCaller.Reader);
        await site.Portal.DeployAsync("K1", 1);

        foreach (
            var path in new[]
            {
                "/admin/patchsets/kernel",
                "/admin/patchsets/kernel/K1",
                "/admin/patchsets/kernel/K1/manage?do.main=disable",
            }
        )
        {
            var page = await site.Browser.TextAsync(path);
            page.ShouldContain("K1");
            page.ShouldNotContain("/manage\">");
            page.ShouldNotContain("upload-patchset");
            page.ShouldNotContain("<button class=\"btn btn-primary");
            page.ShouldNotContain("btn-danger");
        }
    }
}
