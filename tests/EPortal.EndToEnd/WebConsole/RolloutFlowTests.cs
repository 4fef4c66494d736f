using EPortal.EndToEnd.Portal;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.WebConsole;

/// <summary>Patchsets in the browser: rolled out and back, and uploaded.</summary>
public sealed class RolloutFlowTests(ConsoleSite site)
{
    [Fact]
    public async Task A_patchset_is_rolled_back_and_out_again_in_three_clicks_each()
    {
        await using var browser = await site.OpenAsync(ConsoleSite.Admin);
        await browser.GoAsync("/admin/patchsets/kernel");
        var manage = browser.Page.Locator("tbody a", new() { HasTextString = "Manage" }).First;
        var name = (await manage.GetAttributeAsync("href"))!.Split('/')[^2];

        await ManageAsync(browser, name, "Disable");
        await browser.SaysAsync($"{name} was disabled on late.");
        (await site.DoAsync("kcare", "list", "--feed", "late"))
            .Split('\n')
            .Single(line => line.Contains(name, StringComparison.Ordinal))
            .ShouldContain("disabled");

        await ManageAsync(browser, name, "Enable");
        await browser.SaysAsync($"{name} was enabled on late.");
        (await site.DoAsync("kcare", "list", "--feed", "late"))
            .Split('\n')
            .Single(line => line.Contains(name, StringComparison.Ordinal))
            .ShouldContain("enabled");
        browser.ShouldBeSound();
    }

    [Fact]
    public async Task Without_scripts_the_preview_is_a_page_of_its_own()
    {
        await using var browser = await site.OpenAsync(ConsoleSite.Admin, scripts: false);
        var name = await UploadAsync(browser, "KWITHOUT");
        await browser.GoAsync($"/admin/patchsets/kernel/{name}/manage");
        await browser
            .Page.GetByRole(AriaRole.Group, new() { Name = "test" })
            .GetByText("Enable", new() { Exact = true })
            .ClickAsync();
        await browser.PressAsync("Preview");
        (await site.DoAsync("kcare", "list", "--feed", "test"))
            .Split('\n')
            .Single(line => line.Contains(name, StringComparison.Ordinal))
            .ShouldContain("undeployed");

        await browser.PressAsync("Apply to 1 feed");

        await browser.SaysAsync($"{name} was enabled on test.");
        browser.ShouldBeSound();
    }

    [Fact]
    public async Task What_changed_since_the_preview_is_looked_at_again()
    {
        await using var browser = await site.OpenAsync(ConsoleSite.Admin);
        var name = await UploadAsync(browser, "KSTALE");
        await browser.GoAsync($"/admin/patchsets/kernel/{name}/manage");
        await browser
            .Page.GetByRole(AriaRole.Group, new() { Name = "test" })
            .GetByText("Enable", new() { Exact = true })
            .ClickAsync();
        var apply = browser.Page.GetByRole(AriaRole.Button, new() { Name = "Apply to 1 feed" });
        await apply.WaitForAsync();
        await site.DoAsync("kcare", "disable", name, "--feed", "test");

        await apply.ClickAsync();

        await Assertions.Expect(browser.Page.GetByRole(AriaRole.Alert).First).ToBeVisibleAsync();
        (await site.DoAsync("kcare", "list", "--feed", "test"))
            .Split('\n')
            .Single(line => line.Contains(name, StringComparison.Ordinal))
            .ShouldContain("disabled");
    }

    [Fact]
    public async Task A_bad_archive_is_refused_in_a_sentence()
    {
        await using var browser = await site.OpenAsync(ConsoleSite.Admin);
        await browser.GoAsync("/admin/upload-patchset");
        await browser
            .Page.Locator("input[type=file]")
            .SetInputFilesAsync(
                new FilePayload
                {
                    Name = "K1.tar",
                    MimeType = "application/x-tar",
                    Buffer = new byte[10_000],
                }
            );
        await browser.PressAsync("Upload");

        await Assertions
            .Expect(browser.Page.GetByRole(AriaRole.Alert).First)
            .ToContainTextAsync("archive", new() { IgnoreCase = true });
    }

    /// <summary>Three clicks, and nothing but these.</summary>
    private static async Task ManageAsync(ConsoleBrowser browser, string name, string action)
    {
        await browser.GoAsync("/admin/patchsets/kernel");
        await browser.Page.Locator($"a[href$='/{name}/manage']").First.ClickAsync();
        await browser
            .Page.GetByRole(AriaRole.Group, new() { Name = "late" })
            .GetByText(action, new() { Exact = true })
            .ClickAsync();
        await browser.PressAsync("Apply to 1 feed");
    }

    /// <summary>Uploads a patchset that is enabled nowhere.</summary>
    private async Task<string> UploadAsync(ConsoleBrowser browser, string name)
    {
        var (archive, payload) = (site.PathOf($"{name}.tar"), site.PathOf($"{name}.payload"));
        await File.WriteAllTextAsync(payload, name, TestContext.Current.CancellationToken);
        await site.DoAsync(
            "patchset",
            "build",
            "--name",
            name,
            "--target",
            Sample.Target,
            "--level",
            name == "KSTALE" ? "7" : "8",
            "--key",
            Path.Combine(site.DataFolder, "vendor.key"),
            archive,
            $"kpatch.bin={payload}"
        );
        await browser.GoAsync("/admin/upload-patchset");
        await browser.Page.Locator("input[type=file]").SetInputFilesAsync(archive);
        await browser.Page.GetByLabel("Disable it").CheckAsync();
        await browser.PressAsync("Upload");
        await browser.Page.GetByText(name).First.WaitForAsync();
        return name;
    }
}
