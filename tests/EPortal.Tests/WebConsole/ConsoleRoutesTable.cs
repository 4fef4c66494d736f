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
        ("GET", "/admin/patchsets", Access.Page),
        ("GET", "/admin/patchsets/{product}", Access.Page),
        ("GET", "/admin/patchsets/{product}/{name}", Access.Page),
        ("POST", "/admin/patchsets/{product}/{name}/delete", Access.PageAdmin),
        ("GET", "/admin/patchsets/{product}/{name}/manage", Access.Page),
        ("POST", "/admin/patchsets/{product}/{name}/manage", Access.PageAdmin),
        ("GET", "/admin/upload-patchset", Access.Page),
        ("POST", "/admin/upload-patchset", Access.PageAdmin),
    ];
}
