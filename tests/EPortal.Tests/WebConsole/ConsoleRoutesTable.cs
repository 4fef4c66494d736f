using EPortal.Tests.Api;

namespace EPortal.Tests.WebConsole;

/// <summary>All pages of the console and what their forms send, and who may; a part of the table of all routes.</summary>
internal static class ConsoleRoutesTable
{
    /// <summary>Them, by whole path.</summary>
    public static readonly (string Method, string Path, Access Access)[] Lines =
    [
        ("GET", "/admin", Access.Page),
        ("POST", "/admin/theme", Access.Page),
        ("GET", "/admin/keys", Access.Page),
        ("GET", "/admin/new-key", Access.Page),
        ("POST", "/admin/new-key", Access.PageAdmin),
        ("GET", "/admin/keys/{key}", Access.Page),
        ("POST", "/admin/keys/{key}", Access.PageAdmin),
        ("POST", "/admin/keys/{key}/delete", Access.PageAdmin),
        ("GET", "/admin/source", Access.Page),
        ("GET", "/admin/source/state", Access.Page),
        ("POST", "/admin/source", Access.PageAdmin),
        ("POST", "/admin/source/test", Access.PageAdmin),
        ("POST", "/admin/source/off", Access.PageAdmin),
        ("POST", "/admin/source/default", Access.PageAdmin),
        ("POST", "/admin/source/sync", Access.PageAdmin),
    ];
}
