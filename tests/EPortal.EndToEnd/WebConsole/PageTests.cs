using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.WebConsole;

/// <summary>
/// Every page of the console in a real browser, as each role, in light and dark, wide and narrow, with and without
/// scripts.
/// </summary>
public sealed class PageTests(ConsoleSite site)
{
    /// <summary>Set to 1, pictures of the pages are written to artifacts/console.</summary>
    private const string Write = "EPORTAL_WRITE_PICTURES";

    private const int Wide = 1440;
    private const int Narrow = 390;
    private const long MostBytes = 300_000;

    /// <summary>What a page can be used by, but for what says of itself that it needs a script.</summary>
    private const string Controls =
        "main a:visible, main button:not([data-copy]):visible, main input:not(.needs-script):visible, main select:visible";

    private static readonly AxeRunOptions s_accessible = new()
    {
        RunOnly = new RunOnlyOptions
        {
            Type = "tag",
            Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        },
    };

    /// <summary>Each colour and each width once; all pairs when pictures are made.</summary>
    public static TheoryData<bool, int> Looks
    {
        get
        {
            var looks = new TheoryData<bool, int> { { false, Wide }, { true, Narrow } };
            if (Environment.GetEnvironmentVariable(Write) == "1")
            {
                looks.Add(true, Wide);
                looks.Add(false, Narrow);
            }

            return looks;
        }
    }

    [Theory]
    [MemberData(nameof(Looks))]
    public async Task Every_page_is_sound_and_for_everybody(bool dark, int width)
    {
        await using var browser = await site.OpenAsync(ConsoleSite.Admin, dark, width);
        // So that each page's weight holds everything that it needs.
        await browser.DisableCacheAsync();
        var found = new List<string>();
        foreach (var path in await site.PagesAsync())
        {
            await browser.GoAsync(path);
            found.AddRange(await TooHeavyAsync(browser, path));
            await ScreenshotAsync(
                browser.Page,
                $"{ConsolePages.NameOf(path)}{(dark ? "-dark" : "")}{(width == Narrow ? "-narrow" : "")}"
            );
            found.AddRange(await FaultsAsync(browser, path));
        }

        found.ShouldBeEmpty();
        browser.ShouldBeSound();
    }

    /// <summary>The same pages without what changes something, so one look is enough.</summary>
    [Fact]
    public async Task A_reader_sees_every_page_as_sound_and_finds_nothing_to_change()
    {
        await using var browser = await site.OpenAsync(ConsoleSite.Reader, dark: true);
        var found = new List<string>();
        // The API key is somebody else's, and so as unknown as none; the name of a registration key is not for readers,
        // whose links name it otherwise.
        foreach (
            var known in (await site.PagesAsync()).Where(path =>
                !path.StartsWith("/admin/api-keys/", StringComparison.Ordinal)
            )
        )
        {
            var path = known.StartsWith("/admin/keys/", StringComparison.Ordinal)
                ? await ConsolePages.FindAsync(browser, "/admin/keys/{key}", ["/admin/keys"])
                : known;
            await browser.GoAsync(path);
            var forms = await browser.Page.EvaluateAsync<string[]>(
                """
                () => [...document.querySelectorAll('main form[method=post]')]
                  .filter(form => [...form.elements].some(one => ['submit', 'image'].includes(one.type) && !one.matches(':disabled')))
                  .map(form => new URL(form.action).pathname)
                """
            );
            forms.Where(form => !ConsolePages.IsOwn(form)).ShouldBeEmpty(path);
            found.AddRange(await FaultsAsync(browser, path));
        }

        found.ShouldBeEmpty();
        browser.ShouldBeSound();
    }

    [Fact]
    public async Task Every_page_says_the_same_without_scripts()
    {
        await using var with = await site.OpenAsync(ConsoleSite.Admin);
        await using var without = await site.OpenAsync(ConsoleSite.Admin, scripts: false);
        foreach (var path in await site.PagesAsync())
        {
            await with.GoAsync(path);
            await without.GoAsync(path);
            (await without.Page.Locator("h1").InnerTextAsync()).ShouldBe(
                await with.Page.Locator("h1").InnerTextAsync()
            );
            (await without.Page.Locator(Controls).CountAsync()).ShouldBeGreaterThanOrEqualTo(
                await with.Page.Locator(Controls).CountAsync(),
                path
            );
        }
    }

    [Fact]
    public async Task Everything_is_reached_by_the_keyboard()
    {
        await using var browser = await site.OpenAsync(ConsoleSite.Admin);
        await browser.GoAsync("/admin/keys");

        await browser.Page.Keyboard.PressAsync("Tab");
        (await browser.Page.Locator(":focus").InnerTextAsync()).ShouldBe("Skip to content");
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.Page.Keyboard.PressAsync("Tab");

        (await browser.Page.Locator(":focus").InnerTextAsync()).Trim().ShouldBe("Add a key");
        (
            await browser.Page.EvaluateAsync<bool>(
                "() => getComputedStyle(document.activeElement).outlineStyle !== 'none' || getComputedStyle(document.activeElement).boxShadow !== 'none'"
            )
        ).ShouldBeTrue("the focus is seen");
    }

    [Fact]
    public async Task The_menu_of_a_phone_opens_without_a_script()
    {
        await using var browser = await site.OpenAsync(ConsoleSite.Admin, width: Narrow, scripts: false);
        await browser.GoAsync("/admin");
        (
            await browser.Page.GetByRole(AriaRole.Link, new() { Name = "Servers", Exact = true }).First.IsVisibleAsync()
        ).ShouldBeFalse();

        await browser.Page.Locator("label[for=menu]").ClickAsync();
        await browser.FollowAsync("Keys");

        (await browser.Page.Locator("h1").InnerTextAsync()).ShouldBe("Keys");
    }

    [Fact]
    public async Task Colours_can_be_chosen_and_stay()
    {
        await using var browser = await site.OpenAsync(ConsoleSite.Admin);
        var light = await BackgroundAsync(browser);

        await browser.PressAsync("Dark theme");
        await browser.GoAsync("/admin/keys");
        var dark = await BackgroundAsync(browser);
        dark.ShouldNotBe(light);

        await browser.PressAsync("System theme");
        (await BackgroundAsync(browser)).ShouldBe(light);
        await browser.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        (await BackgroundAsync(browser)).ShouldBe(dark);
    }

    /// <summary>
    /// What keeps somebody from using the page: it is wider than the window, or breaks a rule of WCAG.
    /// </summary>
    private static async Task<IEnumerable<string>> FaultsAsync(ConsoleBrowser browser, string path)
    {
        var pixels = await browser.OverflowAsync();
        var result = await browser.Page.RunAxe(s_accessible);
        return result
            .Violations.Select(one =>
                $"{path}: {one.Id}: {one.Help}: {string.Join(", ", one.Nodes.Select(node => node.Html).Take(3))}"
            )
            .Concat(pixels > 0 ? [$"{path} is {pixels} pixels wider than the window"] : []);
    }

    /// <summary>A page without charts that loads more than <see cref="MostBytes"/>.</summary>
    private static async Task<IEnumerable<string>> TooHeavyAsync(ConsoleBrowser browser, string path)
    {
        if (await browser.Page.Locator("canvas").CountAsync() > 0)
            return [];
        var bytes = await browser.BytesAsync();
        return bytes < MostBytes ? [] : [$"{path} loads {bytes} bytes"];
    }

    private static Task<string> BackgroundAsync(ConsoleBrowser browser) =>
        browser.Page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor");

    private static async Task ScreenshotAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable(Write) == "1")
            await page.ScreenshotAsync(
                new()
                {
                    Path = Path.Combine(Programs.Repository, "artifacts", "console", $"{name}.png"),
                    FullPage = true,
                }
            );
    }
}
