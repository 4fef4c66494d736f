using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.WebConsole;

/// <summary>
/// One server, tags, and the end of servers and patchsets in the browser, at a agents and on a phone.
/// </summary>
public sealed class ChangeFlowTests(SmallConsole console) : IClassFixture<SmallConsole>
{
    [Theory]
    [InlineData(false, "web003")]
    [InlineData(true, "web006")]
    public async Task A_server_is_tagged_moved_and_deleted(bool phone, string host)
    {
        await using var browser = await console.OpenAsync(phone);
        await OpenServerAsync(browser, host);
        await browser.Page.GetByLabel("Tags").FillAsync("rack:9");
        await browser.PressAsync("Save tags");
        await browser.SaysAsync("The tags were changed.");

        await browser.Page.GetByLabel("Key").SelectOptionAsync("staging");
        await browser.PressAsync("Move the server");
        await browser.SaysAsync("The server was moved to the key staging.");
        (await console.Site.DoAsync("server", "list", "--key", "staging")).ShouldContain(host);

        await browser.Page.Locator("input[name=sure]").CheckAsync();
        await browser.PressAsync("Delete the server");
        await browser.SaysAsync($"The server {host}.demo.example was deleted.");
        (await console.Site.DoAsync("server", "list", "--json")).ShouldNotContain(host);
        browser.ShouldBeSound();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tag_is_renamed_and_removed_everywhere(bool phone)
    {
        var (tag, renamed) = phone ? ("room:1", "room:2") : ("floor:1", "floor:2");
        await using var browser = await console.OpenAsync(phone);
        await OpenServerAsync(browser, "db004");
        await browser.Page.GetByLabel("Tags").FillAsync(tag);
        await browser.PressAsync("Save tags");
        await browser.SaysAsync("The tags were changed.");

        await browser.GoAsync($"/admin/tag?tag={Uri.EscapeDataString(tag)}");
        await browser.Page.GetByLabel("Name").FillAsync(renamed);
        await browser.PressAsync("Rename everywhere");
        await browser.SaysAsync($"The tag {tag} was renamed to {renamed} on 1 server.");

        await browser.GoAsync($"/admin/tag?tag={Uri.EscapeDataString(renamed)}");
        await browser.Page.Locator("input[name=sure]").CheckAsync();
        await browser.PressAsync("Remove the tag");
        await browser.SaysAsync($"The tag {renamed} was removed from 1 server.");
        (await console.Site.DoAsync("server", "list", "--json")).ShouldNotContain(renamed);
        browser.ShouldBeSound();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_patchset_is_deleted_from_every_feed(bool phone)
    {
        await using var browser = await console.OpenAsync(phone);
        await browser.GoAsync("/admin/patchsets/kernel");
        var path = await browser
            .Page.Locator("tbody a[href^='/admin/patchsets/kernel/']:not([href$='/manage'])")
            .Last.GetAttributeAsync("href");
        var name = path!.Split('/')[^1];
        await browser.GoAsync(path);
        await browser.Page.Locator("input[name=sure]").CheckAsync();
        await browser.PressAsync("Delete the patchset");

        await browser.SaysAsync($"Patchset {name} was deleted from every feed.");
        (await console.Site.DoAsync("kcare", "list", "--json")).ShouldNotContain(name);
        browser.ShouldBeSound();
    }

    private static async Task OpenServerAsync(ConsoleBrowser browser, string host)
    {
        await browser.GoAsync($"/admin/servers?q={host}");
        await browser.Page.Locator("tbody th a", new() { HasTextString = host }).ClickAsync();
        await Assertions.Expect(browser.Page.Locator("h1")).ToContainTextAsync(host);
    }
}
