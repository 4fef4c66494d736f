using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.WebConsole;

/// <summary>A session that ends in the middle of a form, in the browser, with and without scripts.</summary>
public sealed class KeptFormFlowTests(SmallConsole console) : IClassFixture<SmallConsole>
{
    private const string Password = "correct horse battery";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_typed_is_there_again_and_is_sent_by_hand_only(bool scripts)
    {
        var name = scripts ? "with-scripts" : "without-scripts";
        var admin = $"admin-{name}";
        await console.Site.DoAsync("user", "-a", "-p", Password, admin);
        await using var browser = await console.Site.OpenAsync(user: null, scripts: scripts);
        await browser.LogInAsync(admin, Password);
        await browser.GoAsync("/admin/new-feed");
        await browser.Page.GetByLabel("Name").FillAsync(name);
        await browser.Page.GetByLabel("Deploy after X hours").FillAsync("36");
        await browser.Page.Context.ClearCookiesAsync();

        await browser.PressAsync("Save");
        await browser.RefusesAsync("Your session has ended.");
        await browser.Page.GetByLabel("User name").FillAsync(admin);
        await browser.Page.GetByLabel("Password").FillAsync(Password);
        await browser.PressAsync("Log in");
        if (!scripts)
            await browser.PressAsync("Back to the form");

        await browser.RefusesAsync("Your session expired, so nothing was saved.");
        (await browser.Page.GetByLabel("Name").InputValueAsync()).ShouldBe(name);
        (await browser.Page.GetByLabel("Deploy after X hours").InputValueAsync()).ShouldBe("36");
        (await console.Site.DoAsync("feed", "--json")).ShouldNotContain(name);
        await browser.PressAsync("Save");
        await browser.SaysAsync($"Feed {name} was added.");
    }
}
