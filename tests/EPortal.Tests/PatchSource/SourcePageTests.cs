using System.Net;
using EPortal.Data;
using EPortal.PatchSource;
using EPortal.Tests.Accounts;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary>The console's page of the patch source.</summary>
public sealed class SourcePageTests
{
    private const string Page = "/admin/source";

    [Fact]
    public async Task What_is_saved_is_in_force_and_shown_but_for_the_password()
    {
        await using var house = await SourcePortal.StartAsync(isSet: false);
        using var browser = await LogIn(house);

        using var answer = await browser.PostAsync(
            Page,
            ("url", "https://a.example.com/"),
            ("user", "me"),
            ("password", "hunter2"),
            ("distros", "debian12")
        );

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var page = await browser.TextAsync(Page);
        page.ShouldContain("The patch source was saved.");
        page.ShouldContain("value=\"https://a.example.com/\"");
        page.ShouldContain("value=\"me\"");
        page.ShouldMatch("value=\"debian12\"[^>]*checked");
        page.ShouldContain("Leave empty to keep the current password.");
        page.ShouldNotContain("hunter2");
        house.Api.Portal.Portal.Source.State.Setting.Password.ShouldBe("hunter2");
        (
            await browser.PostStatusAsync(Page, ("url", "https://a.example.com/x/"), ("user", "me"), ("password", ""))
        ).ShouldBe(HttpStatusCode.Redirect);
        house.Api.Portal.Portal.Source.State.Setting.Password.ShouldBe("hunter2", "an empty field keeps it");
    }

    [Theory]
    [InlineData("javascript:alert(1)", "me", "invalid address: use one such as")]
    [InlineData("https://b.example.com/", "me", "enter the password again")]
    [InlineData("https://a.example.com/", "a:\"><script>alert(1)</script>", "invalid login")]
    [InlineData("", "", "enter the address of the patch source, or switch it off")]
    public async Task What_is_refused_is_shown_again_as_filled_in_with_the_reason_and_changes_nothing(
        string url,
        string user,
        string reason
    )
    {
        await using var house = await SourcePortal.StartAsync(isSet: false);
        var slot = house.Api.Portal.Portal.Source;
        await slot.Save(TestPortal.Admin, SourceSetting.Off.With("https://a.example.com/", "me", "hunter2", []));
        var before = slot.State.Setting;
        using var browser = await LogIn(house);

        using var answer = await browser.PostAsync(
            Page,
            ("url", url),
            ("user", user),
            ("distros", "<script>alert(2)</script>")
        );

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var page = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        page.ShouldContain(reason);
        page.ShouldContain($"value=\"{WebUtility.HtmlEncode(url)}\"");
        page.ShouldNotContain("<script>alert");
        page.ShouldNotContain("hunter2");
        slot.State.Setting.ShouldBe(before);
    }

    [Fact]
    public async Task It_is_switched_off_and_left_to_the_settings_again()
    {
        await using var house = await SourcePortal.StartAsync();
        using var browser = await LogIn(house);
        (await browser.TextAsync(Page)).ShouldContain("Set by PATCH_SOURCE_URL in the start-up settings");

        (await browser.PostStatusAsync(Page + "/off")).ShouldBe(HttpStatusCode.Redirect);
        (await browser.TextAsync(Page)).ShouldContain("Switched off here");
        house.Api.Portal.Portal.Source.Url.ShouldBeNull();
        (await browser.PostStatusAsync(Page + "/default")).ShouldBe(HttpStatusCode.Redirect);

        house.Api.Portal.Portal.Source.Url.ShouldBe(house.Source.Address);
    }

    [Fact]
    public async Task A_test_says_what_it_found_offers_the_distributions_and_changes_nothing()
    {
        await using var house = await SourcePortal.StartAsync(isSet: false);
        using var browser = await LogIn(house);
        var form = new[] { ("url", house.Source.Address.AbsoluteUri), ("password", "hunter2"), ("user", "me") };

        using var whole = await browser.PostAsync(Page + "/test", form);
        using var part = await browser.SendAsync(HttpMethod.Post, Page + "/test", form, ("HX-Request", "true"));
        using var bad = await browser.PostAsync(Page + "/test", ("url", "file:///etc/passwd"));

        foreach (var answer in new[] { whole, part })
        {
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            text.ShouldContain($"signed by the pinned key {house.Source.Key.PublicKey.KeyId}");
            text.ShouldContain("value=\"debian12\"");
            text.ShouldNotContain("hunter2");
            text.Contains("<html", StringComparison.Ordinal).ShouldBe(answer == whole);
        }

        (await bad.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain(
            "invalid address: use one such as"
        );
        house.Api.Portal.Portal.Source.Url.ShouldBeNull();
        Rows.Count(house.Api.Portal, "source_index").ShouldBe(0);
    }

    [Fact]
    public async Task A_sync_shows_how_far_it_is_and_how_it_ended()
    {
        await using var house = await SourcePortal.StartAsync();
        house.Hang();
        using var browser = await LogIn(house);
        (await browser.TextAsync(Page)).ShouldNotContain("hx-trigger=\"every 1s\"");

        (await browser.PostStatusAsync(Page + "/sync")).ShouldBe(HttpStatusCode.Redirect);

        var page = await browser.TextAsync(Page);
        page.ShouldNotContain("alert-success");
        page.ShouldContain("<strong>Syncing</strong>");
        page.ShouldContain("hx-get=\"/admin/source/state\" hx-trigger=\"every 1s\"");
        page.ShouldContain("<noscript><meta http-equiv=\"refresh\" content=\"2\"></noscript>");
        page.ShouldContain("started by ada");
        await SourcePortal.UntilAsync(async () =>
            (await State(browser)).Contains("0 of 1 patchset fetched", StringComparison.Ordinal)
        );
        await SourcePortal.UntilAsync(async () =>
            !(await State(browser)).Contains(" 0 B of", StringComparison.Ordinal)
        );
        (await browser.PostStatusAsync(Page + "/sync")).ShouldBe(HttpStatusCode.Redirect);
        var second = await browser.TextAsync(Page);
        second.ShouldContain("another sync is already running");
        second.ShouldNotContain("alert-success");
        house.GoOn();
        await SourcePortal.UntilAsync(async () =>
            !(await State(browser)).Contains("hx-trigger", StringComparison.Ordinal)
        );

        var state = await State(browser);
        state.ShouldContain("1 new patchset, index version 1");
        state.ShouldContain(house.Source.Key.PublicKey.KeyId);
        state.ShouldNotContain("<html");
    }

    [Fact]
    public async Task A_sync_of_another_process_is_shown()
    {
        await using var house = await SourcePortal.StartAsync();
        using var browser = await LogIn(house);
        using (var lease = house.Api.Portal.Portal.Source.Take())
        using (lease.Connection!.Sync.TryBegin())
            (await browser.TextAsync(Page)).ShouldContain("in another process");
        (await browser.TextAsync(Page)).ShouldNotContain("in another process");
    }

    [Fact]
    public async Task What_a_source_answered_is_shown_as_text()
    {
        await using var house = await SourcePortal.StartAsync();
        await house.Api.Portal.Portal.Log.Commit(
            Actor.Portal,
            change =>
            {
                SourceStore.Note(change, "Failing", "<script>alert(1)</script>");
                return true;
            }
        );
        house.Api.Portal.Portal.Get<SyncActivity>().Begin(new Actor("<script>alert(2)</script>"));
        house.Api.Portal.Portal.Get<SyncActivity>().End("Failing", "<script>alert(3)</script>");
        using var browser = await LogIn(house);

        var page = await browser.TextAsync(Page);

        page.ShouldNotContain("<script>alert");
        page.ShouldContain("&lt;script&gt;alert(3)");
    }

    [Fact]
    public async Task Readers_see_it_and_get_no_buttons()
    {
        await using var house = await SourcePortal.StartAsync();
        await house.Api.Portal.Portal.Source.Save(
            TestPortal.Admin,
            SourceSetting.Off.With(house.Source.Address.ToString(), "me", "hunter2", [])
        );
        using var browser = await LogIn(house, ApiCaller.Reader);

        var page = await browser.TextAsync(Page);

        page.ShouldContain(house.Source.Address.AbsoluteUri);
        page.ShouldNotContain("name=\"url\"");
        page.ShouldNotContain("action=\"/admin/source/");
        page.ShouldNotContain("type=\"password\"");
        page.ShouldNotContain("Save");
        page.ShouldNotContain("hunter2");
        (await State(browser)).ShouldNotContain("<button");
    }

    private static Task<string> State(Browser browser) => browser.TextAsync(Page + "/state");

    private static async Task<Browser> LogIn(SourcePortal house, string user = ApiCaller.Admin)
    {
        var browser = new Browser(house.Api.Portal);
        (await browser.LogInAsync(user, ApiCaller.Password)).Dispose();
        return browser;
    }
}
