using System.Net;
using System.Text.RegularExpressions;
using EPortal.Tests.Accounts;
using Shouldly;
using Xunit;

namespace EPortal.Tests.WebConsole;

/// <summary>Forms that show how many servers they reach before they do anything.</summary>
internal static partial class ShownFirst
{
    /// <summary>The page that asks, which has changed nothing.</summary>
    public static async Task<string> AskAsync(Browser browser, string path, params (string, string)[] form)
    {
        using var answer = await browser.PostAsync(path, form);
        var page = await TextOf(answer);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, page);
        page.ShouldContain("Cancel");
        return page;
    }

    /// <summary>What a page that refuses says; it asks again.</summary>
    public static async Task<string> RefuseAsync(Browser browser, string path, params (string, string)[] form)
    {
        using var answer = await browser.PostAsync(path, form);
        var page = await TextOf(answer);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest, page);
        page.ShouldContain("role=\"alert\"");
        return page;
    }

    /// <summary>What is agreed to is done.</summary>
    public static async Task DoAsync(Browser browser, string path, params (string, string)[] form)
    {
        using var answer = await browser.PostAsync(path, form);
        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect, await TextOf(answer));
    }

    /// <summary>What a page sends along so that only what it shows is agreed to.</summary>
    public static (string, string) Seen(string page) => ("seen", Stamp().Match(page).Groups[1].Value);

    private static Task<string> TextOf(HttpResponseMessage answer) =>
        answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    [GeneratedRegex("name=\"seen\" value=\"([^\"]+)\"")]
    private static partial Regex Stamp();
}
