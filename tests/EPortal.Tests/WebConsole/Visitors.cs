using System.Net;
using EPortal.Hosting;
using EPortal.Tests.Accounts;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.WebConsole;

/// <summary>A portal, and an admin and a reader who have logged in to its console.</summary>
internal sealed class Visitors(ApiCaller api) : IAsyncDisposable
{
    /// <summary>Texts that would run or break out of a page that does not encode them.</summary>
    public static readonly string[] Hostile =
    [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "javascript:alert(1)",
        "' onfocus='alert(1)",
    ];

    public ApiCaller Api => api;

    public TestPortal Portal => api.Portal;

    public Browser Admin { get; } = new(api.Portal);

    public Browser Reader { get; } = new(api.Portal);

    public static async Task<Visitors> StartAsync(Func<Settings, Settings>? change = null)
    {
        var visitors = new Visitors(await ApiCaller.StartAsync(change));
        (await visitors.Admin.LogInAsync(ApiCaller.Admin, ApiCaller.Password)).StatusCode.ShouldBe(
            HttpStatusCode.Redirect
        );
        (await visitors.Reader.LogInAsync(ApiCaller.Reader, ApiCaller.Password)).StatusCode.ShouldBe(
            HttpStatusCode.Redirect
        );
        return visitors;
    }

    /// <summary>The page that a form led on to, which must say what was done.</summary>
    public async Task<string> Done(string path, params (string Name, string Value)[] form)
    {
        using var answer = await Admin.PostAsync(path, form);
        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect, await TextOf(answer));
        var page = await Admin.TextAsync(answer.Headers.Location!.ToString());
        page.ShouldContain("role=\"status\"");
        return page;
    }

    /// <summary>The page that shows a refused form again; nothing was changed.</summary>
    public async Task<string> Refused(string path, params (string Name, string Value)[] form)
    {
        var before = Rows.Count(Portal, "operation");
        using var answer = await Admin.PostAsync(path, form);
        var page = await TextOf(answer);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest, page);
        page.ShouldContain("role=\"alert\"");
        Rows.Count(Portal, "operation").ShouldBe(before);
        return WebUtility.HtmlDecode(page);
    }

    /// <summary>A page holds the text, and holds it encoded.</summary>
    public static void ShouldShowEncoded(string page, string text)
    {
        WebUtility.HtmlDecode(page).ShouldContain(text);
        if (text.Any(c => c is '<' or '"'))
            page.ShouldNotContain(text);
        page.ShouldNotContain("href=\"javascript:", Case.Insensitive);
        page.ShouldNotContain("onerror=alert(1)>", Case.Sensitive);
    }

    /// <summary>A reader's page has no form that changes something, but for the layout's own.</summary>
    public static void ShouldChangeNothing(string page)
    {
        var main = page[
            page.IndexOf("<main", StringComparison.Ordinal)..page.IndexOf("</main>", StringComparison.Ordinal)
        ];
        main.ShouldNotContain("btn-primary");
        main.ShouldNotContain("btn-danger");
        main.ShouldNotContain("<button");
    }

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        Reader.Dispose();
        await api.DisposeAsync();
    }

    public static Task<string> TextOf(HttpResponseMessage answer) =>
        answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
}
