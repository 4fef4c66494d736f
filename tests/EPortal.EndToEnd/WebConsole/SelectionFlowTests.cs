using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.WebConsole;

/// <summary>
/// On the list of servers, address, fields, buttons and rows speak of the same servers, however that came about.
/// </summary>
public sealed class SelectionFlowTests(SmallConsole console) : IClassFixture<SmallConsole>
{
    private const string Overview = "main a:has-text('Overview')";
    private const string Export = "main a[download]";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_typed_changes_all_of_them_at_once(bool phone)
    {
        await using var browser = await console.OpenAsync(phone);
        await browser.GoAsync("/admin/servers");
        var all = await RowsAsync(browser);
        await browser.Page.Locator("#filter-q").PressSequentiallyAsync("web0");
        await Assertions
            .Expect(browser.Page.Locator(Export))
            .ToHaveAttributeAsync("href", "/admin/servers/export?q=web0");
        await ShouldAgreeAsync(browser, "q=web0");
        var some = await RowsAsync(browser);
        some.ShouldBeInRange(1, all - 1);
        (await ExportedAsync(browser)).ShouldBe(some);

        await browser.Page.GetByRole(AriaRole.Link, new() { Name = "Clear" }).WaitForAsync();
        await browser.Page.ReloadAsync();
        await ShouldAgreeAsync(browser, "q=web0");
        await browser.Page.Locator(Overview).ClickAsync();
        await Assertions
            .Expect(browser.Page.Locator("main p.text-secondary").First)
            .ToContainTextAsync($"{some} server");
        await browser.Page.GoBackAsync();
        await ShouldAgreeAsync(browser, "q=web0");
        (await RowsAsync(browser)).ShouldBe(some);
        browser.ShouldBeSound();
    }

    [Fact]
    public async Task Back_and_forward_go_from_selection_to_selection()
    {
        await using var browser = await console.OpenAsync(phone: false);
        await browser.GoAsync("/admin/servers?key=");
        await browser.Page.Locator("#filter-key").FillAsync("plant");
        await Assertions
            .Expect(browser.Page.Locator(Export))
            .ToHaveAttributeAsync("href", new System.Text.RegularExpressions.Regex("key=plant"));
        var plant = await RowsAsync(browser);
        await browser.Page.Locator("#filter-key").FillAsync("staging");
        await Assertions
            .Expect(browser.Page.Locator(Export))
            .ToHaveAttributeAsync("href", new System.Text.RegularExpressions.Regex("key=staging"));

        await browser.Page.GoBackAsync();
        await Assertions.Expect(browser.Page.Locator("#filter-key")).ToHaveValueAsync("plant");
        await ShouldAgreeAsync(browser, "key=plant");
        (await RowsAsync(browser)).ShouldBe(plant);
        await browser.Page.GoForwardAsync();
        await Assertions.Expect(browser.Page.Locator("#filter-key")).ToHaveValueAsync("staging");
        await ShouldAgreeAsync(browser, "key=staging");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_filter_that_is_added_keeps_what_was_just_typed(bool scripts)
    {
        await using var browser = await console.Site.OpenAsync(ConsoleSite.Reader, scripts: scripts);
        await browser.GoAsync("/admin/servers?sort=-ip");
        await browser.Page.Locator("#filter-q").FillAsync("db");
        await browser.Page.Locator("summary", new() { HasTextString = "Add a filter" }).ClickAsync();
        await browser.PressAsync("Key");
        await browser.Page.Locator("#filter-key").FillAsync("production");
        await browser.PressAsync("Search");

        await browser.Page.WaitForURLAsync("**key=production**");
        (await browser.Page.Locator("#filter-q").InputValueAsync()).ShouldBe("db");
        await ShouldAgreeAsync(browser, "q=db", "key=production");
        browser.Page.Url.ShouldContain("sort=-ip");
        await browser.PressAsync("Remove the filter Key");
        await browser.Page.Locator("#filter-key").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await ShouldAgreeAsync(browser, "q=db");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_bulk_change_leads_back_to_the_servers_that_were_listed(bool scripts)
    {
        await using var browser = await console.Site.OpenAsync(ConsoleSite.Admin, scripts: scripts);
        await browser.GoAsync("/admin/servers?q=db&sort=-hostname");
        var rows = await RowsAsync(browser);
        await browser.Page.Locator("#change-scope").SelectOptionAsync("all");
        await browser.PressAsync("Continue…");
        await browser.Page.GetByLabel("Tags").FillAsync($"bulk:{scripts}");
        await browser.Page.Locator("main form button.btn-primary").ClickAsync();

        await browser.SaysAsync($"{rows} servers were tagged.");
        await ShouldAgreeAsync(browser, "q=db");
        browser.Page.Url.ShouldContain("sort=-hostname");
        (await RowsAsync(browser)).ShouldBe(rows);
    }

    [Fact]
    public async Task What_no_filter_takes_is_told_where_the_rows_were_and_gone_once_it_is_right()
    {
        await using var browser = await console.OpenAsync(phone: false);
        await browser.GoAsync("/admin/servers?checkin_age=");
        await browser.Page.Locator("#filter-checkin_age").FillAsync("soon");
        await browser.RefusesAsync("invalid");
        await Assertions.Expect(browser.Page.Locator("tbody tr")).ToHaveCountAsync(0);

        await browser.Page.Locator("#filter-checkin_age").FillAsync("-2");
        await Assertions.Expect(browser.Page.Locator("tbody tr").First).ToBeVisibleAsync();
        await Assertions.Expect(browser.Page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        await ShouldAgreeAsync(browser, "checkin_age=-2");
    }

    [Fact]
    public async Task Servers_that_would_get_nothing_are_moved_only_by_who_ticks_a_box()
    {
        await using var browser = await console.OpenAsync(phone: true);
        await console.Site.DoAsync("feed", "-a", "bare");
        await console.Site.DoAsync("key", "-a", "bare", "--feed", "bare");
        await browser.GoAsync("/admin/servers?q=app");
        await browser.Page.Locator("#change-scope").SelectOptionAsync("all");
        await browser.Page.Locator("#change-what").SelectOptionAsync("move");
        await browser.PressAsync("Continue…");
        (await browser.Page.GetByLabel("Key").InputValueAsync()).ShouldBe("");
        await browser.Page.GetByLabel("Key").SelectOptionAsync(new SelectOptionValue { Label = "bare (feed bare)" });
        await browser.Page.Locator("main form button.btn-primary").ClickAsync();
        await Assertions.Expect(browser.Page.Locator(".alert-danger")).ToContainTextAsync("will be offered nothing");
        (await console.Site.DoAsync("server", "list", "--key", "bare", "--json")).ShouldNotContain("app");

        await browser.Page.Locator("input[name=sure]").CheckAsync();
        await browser.Page.Locator("main form button.btn-danger").ClickAsync();

        await browser.SaysAsync("moved to the key bare.");
        browser.Page.Url.ShouldContain("q=app");
        (await console.Site.DoAsync("server", "list", "--key", "bare", "--json")).ShouldContain("app");
        browser.ShouldBeSound();
    }

    [Fact]
    public async Task The_counts_of_the_first_page_follow_without_a_click()
    {
        await using var browser = await console.OpenAsync(phone: false);
        await browser.GoAsync("/admin");
        var total = browser.Page.Locator("#count-Total-servers .h1");
        var before = int.Parse(await total.InnerTextAsync(), System.Globalization.CultureInfo.InvariantCulture);
        using (var host = new HttpClient { BaseAddress = new Uri(console.Site.Address) })
        using (
            var form = new FormUrlEncodedContent([
                KeyValuePair.Create("key", "staging"),
                KeyValuePair.Create("hostname", "newcomer"),
            ])
        )
        using (var answer = await host.PostAsync("/admin/api/register", form, TestContext.Current.CancellationToken))
            answer.EnsureSuccessStatusCode();

        await Assertions.Expect(total).ToHaveTextAsync($"{before + 1}", new() { Timeout = 60_000 });
        (await browser.Page.Locator("canvas").CountAsync()).ShouldBe(1);
        browser.ShouldBeSound();
    }

    private static Task<int> RowsAsync(ConsoleBrowser browser) => browser.Page.Locator("tbody tr").CountAsync();

    private static async Task<int> ExportedAsync(ConsoleBrowser browser)
    {
        var download = await browser.Page.RunAndWaitForDownloadAsync(() => browser.Page.Locator(Export).ClickAsync());
        await using var stream = await download.CreateReadStreamAsync();
        using var reader = new StreamReader(stream);
        return (await reader.ReadToEndAsync(TestContext.Current.CancellationToken))
                .Split("\r\n", StringSplitOptions.RemoveEmptyEntries)
                .Length - 1;
    }

    /// <summary>Address, links and the form of bulk changes name these filters.</summary>
    private static async Task ShouldAgreeAsync(ConsoleBrowser browser, params string[] filters)
    {
        foreach (var filter in filters)
        {
            browser.Page.Url.ShouldContain(filter);
            foreach (var link in new[] { Overview, Export })
                (await browser.Page.Locator(link).First.GetAttributeAsync("href"))!.ShouldContain(filter);
            if (await browser.Page.Locator("#servers form").CountAsync() > 0)
                (await browser.Page.Locator("#servers form").GetAttributeAsync("action"))!.ShouldContain(filter);
        }
    }
}
