using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.WebConsole;

/// <summary>Servers in the browser.</summary>
public sealed class ServerFlowTests(ConsoleSite site)
{
    [Fact]
    public async Task The_list_follows_what_is_typed()
    {
        await using var browser = await site.OpenAsync(ConsoleSite.Admin);
        await browser.GoAsync("/admin/servers");
        await browser.Page.Locator("#filter-q").PressSequentiallyAsync("web0");

        await Assertions.Expect(browser.Page.Locator("tbody th", new() { HasTextString = "db0" })).ToHaveCountAsync(0);
        (await browser.Page.Locator("tbody th", new() { HasTextString = "web0" }).CountAsync()).ShouldBeGreaterThan(0);
        browser.Page.Url.ShouldContain("q=web0");
        browser.ShouldBeSound();
    }

    [Fact]
    public async Task Filters_sorting_and_columns_need_no_script()
    {
        await using var browser = await site.OpenAsync(ConsoleSite.Reader, scripts: false);
        await browser.GoAsync("/admin/servers");
        await browser.Page.Locator("summary", new() { HasTextString = "Add a filter" }).ClickAsync();
        await browser.PressAsync("Feed");
        await browser.Page.Locator("#filter-feed").SelectOptionAsync("late");
        await browser.PressAsync("Search");
        browser.Page.Url.ShouldContain("feed=late");
        (await browser.Page.Locator("tbody td", new() { HasTextString = "late" }).CountAsync()).ShouldBeGreaterThan(0);
        (await browser.Page.Locator("tbody td a", new() { HasTextString = "staging" }).CountAsync()).ShouldBe(0);

        await browser.Page.Locator("thead a", new() { HasTextString = "Host name" }).ClickAsync();
        await Assertions.Expect(browser.Page.Locator("th[aria-sort]")).ToHaveCountAsync(1);

        await browser.Page.Locator("summary", new() { HasTextString = "Columns" }).ClickAsync();
        await browser.Page.GetByLabel("Architecture").Or(browser.Page.GetByLabel("Machine")).First.CheckAsync();
        await browser.PressAsync("Apply");
        await Assertions
            .Expect(browser.Page.Locator("tbody td", new() { HasTextString = "x86_64" }).First)
            .ToBeVisibleAsync();
    }

    [Fact]
    public async Task Many_are_tagged_at_once()
    {
        await using var browser = await site.OpenAsync(ConsoleSite.Admin);
        await browser.GoAsync("/admin/servers?key=plant");
        var servers = await browser.Page.Locator("tbody tr").CountAsync();
        await browser.Page.GetByLabel("Select all on this page").CheckAsync();
        await browser.PressAsync("Continue…");
        await browser.Page.GetByLabel("Tags").FillAsync("room:7");
        await browser.Page.Locator("main form button.btn-primary").ClickAsync();

        await Assertions.Expect(browser.Page.GetByRole(AriaRole.Status)).ToContainTextAsync($"{servers}");
        await browser.GoAsync("/admin/servers?tag=room:7");
        (await browser.Page.Locator("tbody tr").CountAsync()).ShouldBe(servers);
        browser.ShouldBeSound();
    }

    [Fact]
    public async Task The_export_is_a_file_of_what_is_shown()
    {
        await using var browser = await site.OpenAsync(ConsoleSite.Admin);
        await browser.GoAsync("/admin/servers?key=staging");
        var servers = await browser.Page.Locator("tbody tr").CountAsync();
        var download = await browser.Page.RunAndWaitForDownloadAsync(() =>
            browser.Page.Locator("a[download]").ClickAsync()
        );
        await using var stream = await download.CreateReadStreamAsync();
        using var reader = new StreamReader(stream);

        var lines = (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).Split(
            "\r\n",
            StringSplitOptions.RemoveEmptyEntries
        );

        lines.Length.ShouldBe(servers + 1);
        lines.Skip(1).ShouldAllBe(line => line.Contains("staging", StringComparison.Ordinal));
    }
}
