using System.Net;
using System.Text.RegularExpressions;
using EPortal.Data;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Feeds;

/// <summary>Rolling out and back: choose, look, apply.</summary>
public sealed partial class ManagePageTests
{
    private const string Path = "/admin/patchsets/kernel/K2/manage";

    [Fact]
    public async Task The_preview_tells_what_changes_and_changes_nothing()
    {
        await using var site = await OpenAsync();
        await site.RunAsync(1);

        var page = await site.Browser.TextAsync($"{Path}?do.main=enable&do.test=enable-upto");

        page.ShouldContain("<strong>1 server</strong> will be offered another level");
        page.ShouldContain("<strong>0 servers</strong> will be offered another level");
        page.ShouldContain("level 1 of K1");
        page.ShouldContain("level 2 of K2");
        page.ShouldContain("Apply to 2 feeds");
        site.States("main").ShouldBe(["K1 enabled", "K2 undeployed"]);
    }

    [Fact]
    public async Task What_was_looked_at_is_applied_to_all_feeds()
    {
        await using var site = await OpenAsync();
        var revision = await RevisionAsync(site);

        using var answer = await site.Browser.PostAsync(
            Path,
            ("revision", revision),
            ("do.main", "enable"),
            ("do.test", "disable")
        );

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        answer.Headers.Location!.ToString().ShouldBe("/admin/patchsets/kernel/K2");
        site.States("main").ShouldBe(["K1 enabled", "K2 enabled"]);
        site.States("test").ShouldBe(["K1 undeployed", "K2 disabled"]);
        (await site.Browser.TextAsync("/admin/patchsets/kernel/K2")).ShouldContain(
            "K2 was enabled on main. K2 was disabled on test."
        );
    }

    [Fact]
    public async Task What_others_changed_meanwhile_is_shown_before_anything_is_applied()
    {
        await using var site = await OpenAsync();
        var revision = await RevisionAsync(site);
        await site.Portal.Portal.Rollout.Unroll(TestPortal.Admin, EPortal.Format.Product.Kernel, "K1", "main");

        using var answer = await site.Browser.PostAsync(Path, ("revision", revision), ("do.main", "enable-upto"));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var page = await PatchsetSite.TextOf(answer);
        page.ShouldContain("changed after this preview");
        RevisionIn(page).ShouldNotBe(revision);
        site.States("main").ShouldBe(["K1 undeployed", "K2 undeployed"]);
        using var again = await site.Browser.PostAsync(
            Path,
            ("revision", RevisionIn(page)),
            ("do.main", "enable-upto")
        );
        again.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        site.States("main").ShouldBe(["K1 enabled", "K2 enabled"]);
    }

    [Theory]
    [InlineData("do.main", "enable", "check the preview first")]
    [InlineData("do.main", "explode", "invalid action")]
    [InlineData("do.nowhere", "enable", "choose an action")]
    public async Task What_is_no_choice_is_refused(string name, string value, string sentence)
    {
        await using var site = await OpenAsync();

        using var answer = await site.Browser.PostAsync(Path, (name, value));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await PatchsetSite.TextOf(answer)).ShouldContain(sentence);
        site.States("main").ShouldBe(["K1 enabled", "K2 undeployed"]);
    }

    [Fact]
    public async Task What_is_not_here_is_told_to_be_fetched_and_without_a_source_refused()
    {
        await using var site = await OpenAsync();
        await site.Portal.Portal.Log.Commit(
            Actor.Agent,
            change =>
            {
                // As if another node had it.
                change.OffersChanged();
                return change.Session.Execute(
                    "DELETE FROM patchset_copy WHERE patchset = (SELECT id FROM patchset WHERE name = 'K2')"
                );
            }
        );
        var page = await site.Browser.TextAsync($"{Path}?do.main=enable");
        page.ShouldContain("1 patchset is fetched from the patch source first");

        using var answer = await site.Browser.PostAsync(Path, ("revision", RevisionIn(page)), ("do.main", "enable"));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await PatchsetSite.TextOf(answer)).ShouldContain("no patch source is set");
        site.States("main").ShouldBe(["K1 enabled", "K2 not-downloaded"]);
    }

    private static async Task<PatchsetSite> OpenAsync()
    {
        var site = await PatchsetSite.OpenAsync();
        await site.Portal.DeployAsync("K1", 1);
        await site.Portal.DeployAsync("K2", 2, "test");
        foreach (var feed in new[] { "K1", "K2" })
            await site.Portal.Portal.Rollout.Unroll(TestPortal.Admin, EPortal.Format.Product.Kernel, feed, "test");
        return site;
    }

    private static async Task<string> RevisionAsync(PatchsetSite site) =>
        RevisionIn(await site.Browser.TextAsync($"{Path}?do.main=enable"));

    private static string RevisionIn(string page) => Revision().Match(page).Groups[1].Value;

    [GeneratedRegex("name=\"revision\" value=\"([0-9]+)\"")]
    private static partial Regex Revision();
}
