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

    [Fact]
    public async Task What_is_refused_is_shown_again_as_it_was_filled_in()
    {
        await using var browser = await site.OpenAsync(ConsoleSite.Admin);
        await browser.GoAsync("/admin/new-key");
        await browser.Page.GetByLabel("Key", new() { Exact = true }).FillAsync("production");
        await browser.Page.GetByLabel("Description").FillAsync("again");
        await browser.PressAsync("Save");

        await browser.RefusesAsync("There is a key 'production' already.");
        (await browser.Page.GetByLabel("Description").InputValueAsync()).ShouldBe("again");
    }
}
