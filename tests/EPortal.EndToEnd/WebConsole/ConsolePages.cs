using EPortal.Tests.Api;
using EPortal.Tests.WebConsole;

namespace EPortal.EndToEnd.WebConsole;

/// <summary>The pages of the console with an address for each that is there in the demonstration.</summary>
internal static class ConsolePages
{
    /// <summary>What stands for the parts of an address that differ.</summary>
    private static readonly Dictionary<string, string> s_parts = new(StringComparer.Ordinal)
    {
        ["/admin/keys/{key}"] = "/admin/keys/plant",
        ["/admin/feeds/{name}"] = "/admin/feeds/late",
        ["/admin/users/{name}"] = "/admin/users/rob",
    };

    /// <summary>Routes that give a browser something else than a page of its own: parts of pages, files, ways on.</summary>
    private static readonly string[] s_others = ["/admin/source/state", "/admin/user", "/admin/api-keys/{id}"];

    /// <summary>Where forms go that everybody may send: what changes is the sender's own.</summary>
    public static IReadOnlyList<string> Own { get; } =
        [.. ConsoleRoutesTable.Lines.Where(line => line is { Method: "POST", Access: Access.Page }).Select(line => line.Path)];

    /// <summary>All pages, by the table of routes: a new one is tested without anybody's doing.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. ConsoleRoutesTable.Lines.Where(line => line is { Method: "GET", Access: Access.Page } && !s_others.Contains(line.Path))
            .Select(line => s_parts.GetValueOrDefault(line.Path, line.Path)),
    ];

    /// <summary>A name for pictures of a page.</summary>
    public static string NameOf(string path) => path == "/admin" ? "start" : path["/admin/".Length..].Split('?')[0].Replace('/', '-');
}
