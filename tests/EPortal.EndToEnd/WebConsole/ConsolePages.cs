using System.Text.RegularExpressions;
using EPortal.Tests.Api;
using EPortal.Tests.WebConsole;

namespace EPortal.EndToEnd.WebConsole;

/// <summary>
/// The pages of the console, by the table of routes: a new one is tested without anybody's doing. Where an address
/// names a thing, a link to one is followed from the page above.
/// </summary>
internal static partial class ConsolePages
{
    /// <summary>
    /// Routes that give a browser something else than a page of its own: parts of pages, files, ways on.
    /// </summary>
    private static readonly string[] s_others =
    [
        "/admin/user",
        "/admin/patchsets",
        "/admin/source/state",
        "/admin/servers/export",
    ];

    /// <summary>What pages of one thing are told of it, where that is not in their path.</summary>
    private static readonly Dictionary<string, string> s_queries = new(StringComparer.Ordinal)
    {
        ["/admin/tag"] = "?tag=env%3Aprod",
    };

    /// <summary>Where forms go that everybody may send: what changes is the sender's own.</summary>
    public static bool IsOwn(string path) =>
        ConsoleRoutesTable.Lines.Any(line =>
            line is { Method: "POST", Access: Access.Page } && Regex.IsMatch(path, PatternOf(line.Path))
        );

    /// <summary>An address of each page, as the portal before <paramref name="browser"/> has them.</summary>
    public static async Task<IReadOnlyList<string>> AllAsync(ConsoleBrowser browser)
    {
        var routes = ConsoleRoutesTable
            .Lines.Where(line => line is { Method: "GET", Access: Access.Page } && !s_others.Contains(line.Path))
            .Select(line => line.Path)
            .OrderBy(path => path.Count(c => c == '{'))
            .ToList();
        var pages = new List<string>();
        foreach (var route in routes)
            pages.Add(
                route.Contains('{')
                    ? await FindAsync(browser, route, pages)
                    : route + s_queries.GetValueOrDefault(route)
            );
        return pages;
    }

    /// <summary>A name for pictures of a page, the same whatever thing it shows.</summary>
    public static string NameOf(string path)
    {
        var route = ConsoleRoutesTable
            .Lines.First(line => line.Method == "GET" && Regex.IsMatch(path.Split('?')[0], PatternOf(line.Path)))
            .Path;
        return route == "/admin" ? "start" : Part().Replace(route["/admin/".Length..], "one").Replace('/', '-');
    }

    /// <summary>The first link to such a page on the pages known so far, nearest above first.</summary>
    public static async Task<string> FindAsync(ConsoleBrowser browser, string route, IReadOnlyList<string> pages)
    {
        var above = route[..route.IndexOf('{', StringComparison.Ordinal)].TrimEnd('/');
        foreach (
            var page in pages
                .Append(above)
                .Where(page =>
                    page == above
                    || page.StartsWith(above + "/", StringComparison.Ordinal)
                    || route.StartsWith(page + "/", StringComparison.Ordinal)
                )
                .Reverse()
        )
        {
            await browser.GoAsync(page);
            var links = await browser.Page.EvaluateAsync<string[]>(
                "() => [...document.querySelectorAll('a[href]')].map(link => new URL(link.href).pathname)"
            );
            if (
                links.FirstOrDefault(link =>
                    Regex.IsMatch(link, PatternOf(route)) && ConsoleRoutesTable.Lines.All(line => line.Path != link)
                ) is
                { } found
            )
                return found;
        }

        throw new InvalidOperationException($"No page has a link to {route}.");
    }

    private static string PatternOf(string route) => $"^{Part().Replace(route, "[^/]+")}$";

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Part();
}
