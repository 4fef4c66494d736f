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
        ("GET", "/admin/servers", Access.Page),
        ("GET", "/admin/servers/export", Access.Page),
        ("POST", "/admin/servers/columns", Access.Page),
        ("GET", "/admin/servers/{id}", Access.Page),
        ("POST", "/admin/servers/{id}/tags", Access.PageAdmin),
        ("POST", "/admin/servers/{id}/move", Access.PageAdmin),
        ("POST", "/admin/servers/{id}/delete", Access.PageAdmin),
        ("POST", "/admin/servers/change", Access.PageAdmin),
        ("POST", "/admin/servers/change/{what}", Access.PageAdmin),
        ("GET", "/admin/overview", Access.Page),
        ("GET", "/admin/tags", Access.Page),
        ("GET", "/admin/tag", Access.Page),
        ("POST", "/admin/tag/rename", Access.PageAdmin),
        ("POST", "/admin/tag/remove", Access.PageAdmin),
    ];
}
