using EPortal.EndToEnd.Portal;
using EPortal.EndToEnd.Supply;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.WebConsole;

/// <summary>The patch source in the browser: set, tried, and synced with, without loading the page again.</summary>
public sealed class SourceFlowTests : IAsyncLifetime
{
    private readonly ConsoleSite _site = new(hosts: 3);
    private readonly PortalInstallation _elsewhere = new();
    private FaultyServer _source = null!;
    private Vendor _vendor = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        // The vendor is the one that the demonstration trusts.
        await _site.DoAsync("key");
        File.Copy(Path.Combine(_site.DataFolder, "vendor.key"), _elsewhere.PathOf("vendor.key"));
        _vendor = new Vendor(_elsewhere);
        await _vendor.PublishAsync("KSOURCE", 1);
        _source = new FaultyServer(_vendor.Repository);
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _site.DisposeAsync();
        _elsewhere.Dispose();
    }

    [Fact]
    public async Task A_source_is_tried_set_and_synced_with_while_the_page_stays()
    {
        await using var browser = await _site.OpenAsync(ConsoleSite.Admin);
        await browser.GoAsync("/admin/source");
        await browser.Page.GetByLabel("Address").FillAsync("http://127.0.0.1:1/");
        await browser.PressAsync("Test connection");
        await Assertions
            .Expect(browser.Page.Locator("#found").GetByRole(AriaRole.Alert))
            .ToBeVisibleAsync(new() { Timeout = 60_000 });

        await browser.Page.GetByLabel("Address").FillAsync($"http://127.0.0.1:{_source.Port}/");
        await browser.PressAsync("Test connection");
        await Assertions.Expect(browser.Page.Locator("#found")).ToContainTextAsync("1 kernel patchset");
        await browser.PressAsync("Save");
        await Assertions.Expect(browser.Page.GetByRole(AriaRole.Status).First).ToBeVisibleAsync();
        (await _site.DoAsync("kcare", "list", "--json")).ShouldNotContain("KSOURCE");

        var go = new TaskCompletionSource();
        _source.Fault = async exchange =>
        {
            if (exchange.Path.StartsWith("archives/", StringComparison.Ordinal))
                await go.Task.WaitAsync(Cancellation);
            return false;
        };
        await browser.PressAsync("Sync now");
        await Assertions.Expect(browser.Page.Locator("#source-state progress")).ToBeVisibleAsync();
        await browser.Page.EvaluateAsync("() => { window.stayed = true; }");
        go.SetResult();

        await Assertions.Expect(browser.Page.Locator("#source-state")).ToContainTextAsync("ended");
        (await browser.Page.EvaluateAsync<bool>("() => window.stayed === true")).ShouldBeTrue(
            "the page was not loaded anew"
        );
        (await _site.DoAsync("kcare", "list", "--json")).ShouldContain("KSOURCE");
    }
}
