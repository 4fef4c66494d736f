using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.WebConsole;

/// <summary>Keys in the browser.</summary>
public sealed class KeyFlowTests(ConsoleSite site)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_key_is_made_changed_and_deleted(bool scripts)
    {
        var name = $"browser-{(scripts ? "with" : "without")}-scripts";
        await using var browser = await site.OpenAsync(ConsoleSite.Admin, scripts: scripts);
        await browser.GoAsync("/admin/keys");
        await browser.FollowAsync("Add a key");
        await browser.Page.GetByLabel("Key", new() { Exact = true }).FillAsync(name);
        await browser.Page.GetByLabel("Description").FillAsync("<b>made in a browser</b>");
        await browser.Page.GetByLabel("Feed").SelectOptionAsync("late");
        await browser.PressAsync("Save");
        await browser.SaysAsync($"Key {name} was added on late.");
        await Assertions.Expect(browser.Page.GetByText("<b>made in a browser</b>")).ToBeVisibleAsync();

        await browser.FollowAsync($"Edit key {name}");
        await browser.Page.GetByLabel("Server limit").FillAsync("7");
        await browser.PressAsync("Save and continue editing");
        await browser.SaysAsync($"Key {name} was changed.");
        (await browser.Page.GetByLabel("Server limit").InputValueAsync()).ShouldBe("7");

        await browser.Page.GetByText("Delete the key and 0 servers").ClickAsync();
        await browser.PressAsync("Delete the key");
        await browser.SaysAsync($"Key {name} was deleted, and 0 servers with it.");
        (await site.DoAsync("key", "--json")).ShouldNotContain(name);
        browser.ShouldBeSound();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_enter_key_saves_and_leads_to_the_list(bool scripts)
    {
        var name = $"by-enter-{scripts}";
        await using var browser = await site.OpenAsync(ConsoleSite.Admin, scripts: scripts);
        await browser.GoAsync("/admin/new-key");
        await browser.Page.GetByLabel("Key", new() { Exact = true }).FillAsync(name);
        await browser.Page.GetByLabel("Key", new() { Exact = true }).PressAsync("Enter");

        await browser.SaysAsync($"Key {name} was added on main.");
        browser.Page.Url.ShouldEndWith("/admin/keys");

        await browser.GoAsync("/admin/new-key");
        await browser.Page.GetByLabel("Key", new() { Exact = true }).FillAsync($"{name}-2");
        await browser.PressAsync("Save and add another");
        await browser.SaysAsync($"Key {name}-2 was added on main.");
        browser.Page.Url.ShouldEndWith("/admin/new-key");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_second_click_makes_no_second_key(bool scripts)
    {
        var note = $"clicked twice {scripts}";
        await using var browser = await site.OpenAsync(ConsoleSite.Admin, scripts: scripts);
        await browser.GoAsync("/admin/new-key");
        await browser.Page.GetByLabel("Description").FillAsync(note);
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).DblClickAsync();

        await browser.SaysAsync("was added on main.");
        await browser.GoAsync("/admin/keys");
        await Assertions.Expect(browser.Page.Locator("tbody tr", new() { HasTextString = note })).ToHaveCountAsync(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_tabs_the_second_sees_what_the_first_saved_before_it_overwrites_it(bool scripts)
    {
        var name = $"two-tabs-{scripts}";
        await site.DoAsync("key", "-a", name);
        await using var first = await site.OpenAsync(ConsoleSite.Admin, scripts: scripts);
        await using var second = await site.OpenAsync(ConsoleSite.Admin, scripts: scripts, width: scripts ? 1440 : 390);
        await first.GoAsync($"/admin/keys/{name}");
        await second.GoAsync($"/admin/keys/{name}");
        await first.Page.GetByLabel("Server limit").FillAsync("7");
        await first.PressAsync("Save");
        await first.SaysAsync($"Key {name} was changed.");

        await second.Page.GetByLabel("Description").FillAsync("from the second tab");
        await second.PressAsync("Save");

        await second.RefusesAsync("nothing saved: someone else changed this after the page was opened");
        var conflict = second.Page.Locator("#conflict");
        await Assertions
            .Expect(conflict.Locator("tr", new() { HasTextString = "Server limit" }))
            .ToContainTextAsync("7");
        await Assertions
            .Expect(conflict.Locator("tr", new() { HasTextString = "Description" }))
            .ToContainTextAsync("from the second tab");
        (await second.Page.GetByLabel("Description").InputValueAsync()).ShouldBe("from the second tab");

        await second.Page.GetByLabel("Server limit").FillAsync("7");
        await second.PressAsync("Save");
        await second.SaysAsync($"Key {name} was changed.");
        (await site.DoAsync("key", "--json")).ShouldContain("from the second tab");

        await second.GoAsync("/admin/log?action=key.change");
        await Assertions.Expect(second.Page.Locator("tbody tr").First).ToContainTextAsync("from the second tab");
    }

    [Fact]
    public async Task What_is_refused_is_shown_again_as_it_was_filled_in()
    {
        await using var browser = await site.OpenAsync(ConsoleSite.Admin);
        await browser.GoAsync("/admin/new-key");
        await browser.Page.GetByLabel("Key", new() { Exact = true }).FillAsync("production");
        await browser.Page.GetByLabel("Description").FillAsync("again");
        await browser.PressAsync("Save");

        await browser.RefusesAsync("key 'production' already exists");
        (await browser.Page.GetByLabel("Description").InputValueAsync()).ShouldBe("again");
    }
}
