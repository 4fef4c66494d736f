using System.Text.RegularExpressions;
using EPortal.Patchsets;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Patchsets;

public sealed partial class ChangelogTests
{
    [Theory]
    [InlineData("[x](javascript:alert(1))")]
    [InlineData("[x](JaVaScRiPt:alert(1))")]
    [InlineData("[x](&#106;avascript:alert(1))")]
    [InlineData("[x](data:text/html;base64,PHNjcmlwdD4=)")]
    [InlineData("[x](vbscript:x)")]
    [InlineData("[x](file:///etc/passwd)")]
    [InlineData("[x](/admin/logout)")]
    [InlineData("[x](//example.com)")]
    [InlineData("[x](%6aavascript:alert(1))")]
    [InlineData("[x][y]\n\n[y]: javascript:alert(1)")]
    [InlineData("<javascript:alert(1)>")]
    [InlineData("<someone@example.com>")]
    [InlineData("![x](https://example.com/x.png)")]
    [InlineData("<img src=x onerror=alert(1)>")]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("<a href=\"javascript:alert(1)\">x</a>")]
    [InlineData("<style>@import 'https://example.com'</style>")]
    [InlineData("[x](https://example.com \"t\" onmouseover=alert(1)){onclick=alert(1)}")]
    public void What_strangers_write_becomes_no_script_picture_or_way_elsewhere(string markdown)
    {
        var html = Changelog.ToHtmlOrNull(markdown)!;

        Tags().Matches(html).Select(tag => tag.Value).ShouldBeSubsetOf(["<p>", "</p>"], html);
    }

    [Fact]
    public void Links_to_web_sites_stay()
    {
        Changelog
            .ToHtmlOrNull("[a](https://example.com/?q=%22&r) and <http://example.org>")
            .ShouldBe(
                """
                <p><a href="https://example.com/?q=%22&amp;r" rel="noopener noreferrer">a</a> and <a href="http://example.org" rel="noopener noreferrer">http://example.org</a></p>

                """
            );
    }

    [Fact]
    public void Headings_stay_below_those_of_the_page() =>
        Changelog.ToHtmlOrNull("# a\n\n###### b").ShouldBe("<h3>a</h3>\n<h3>b</h3>\n");

    [Theory(Timeout = 20_000)]
    [InlineData("[")]
    [InlineData("> ")]
    [InlineData("*a **a ")]
    [InlineData("- ")]
    [InlineData("`")]
    [InlineData("<")]
    [InlineData("![")]
    [InlineData("](")]
    [InlineData("[a](")]
    public Task A_text_made_to_take_long_comes_to_an_end(string part) =>
        Task.Run(
            () =>
                Changelog
                    .ToHtmlOrNull(string.Concat(Enumerable.Repeat(part, Changelog.MaxLength)))
                    ?.Length.ShouldBeGreaterThan(0),
            TestContext.Current.CancellationToken
        );

    /// <summary>Texts of full length that take the library seconds as one paragraph.</summary>
    [Theory]
    [InlineData("[a](")]
    [InlineData("[a]( ")]
    [InlineData("[a](\n")]
    [InlineData("   - [a](")]
    [InlineData("[a](x (")]
    [InlineData("[[a](http://b)](http://c) ")]
    [InlineData("***a** b* ")]
    [InlineData("[a][")]
    [InlineData("- [a](\n  [a](\n")]
    [InlineData("#[a](")]
    public void A_text_of_nested_links_takes_little_time_and_that_once(string part)
    {
        var text = string.Concat(Enumerable.Repeat(part, Changelog.MaxLength))[..Changelog.MaxLength];
        var process = System.Diagnostics.Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;

        var html = Changelog.ToHtmlOrNull(text);
        for (var n = 0; n < 100; n++)
            Changelog.ToHtmlOrNull(new string(text)).ShouldBeSameAs(html);

        process.Refresh();
        (process.TotalProcessorTime - before).ShouldBeLessThan(
            TimeSpan.FromSeconds(3),
            "of the whole process, which does other things beside"
        );
    }

    [Fact]
    public void A_long_text_of_short_paragraphs_is_shown_as_HTML()
    {
        var text = string.Concat(
            Enumerable
                .Range(1, 900)
                .Select(n => $"* CVE-2026-{n:0000}: [advisory](https://example.com/CVE-2026-{n:0000})\n")
        );
        Changelog.ToHtmlOrNull(text)!.Split("<li>").Length.ShouldBe(901);
        Changelog.ToHtmlOrNull(new string('a', 4000) + "\n\n" + new string('b', 4000)).ShouldNotBeNull();
    }

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tags();
}
