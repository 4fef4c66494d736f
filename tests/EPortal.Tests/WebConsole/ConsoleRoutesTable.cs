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
        ("GET", "/admin/feeds", Access.Page),
        ("GET", "/admin/new-feed", Access.Page),
        ("POST", "/admin/new-feed", Access.PageAdmin),
        ("GET", "/admin/feeds/{name}", Access.Page),
        ("POST", "/admin/feeds/{name}", Access.PageAdmin),
        ("POST", "/admin/feeds/{name}/delete", Access.PageAdmin),
        ("GET", "/admin/docs", Access.Page),
        ("GET", "/admin/users", Access.Page),
        ("GET", "/admin/user", Access.Page),
        ("GET", "/admin/new-user", Access.Page),
        ("POST", "/admin/new-user", Access.PageAdmin),
        ("GET", "/admin/users/{name}", Access.Page),
        ("POST", "/admin/users/{name}", Access.PageAdmin),
        ("POST", "/admin/users/{name}/delete", Access.PageAdmin),
        ("GET", "/admin/api-keys", Access.Page),
        ("POST", "/admin/api-keys", Access.Page),
        ("GET", "/admin/api-keys/{id}", Access.Page),
        ("POST", "/admin/api-keys/{id}/revoke", Access.Page),
        ("GET", "/admin/sessions", Access.Page),
        ("POST", "/admin/sessions/{id}/end", Access.Page),
        ("POST", "/admin/sessions/end-others", Access.Page),
        ("GET", "/admin/ldap", Access.Page),
        ("POST", "/admin/ldap", Access.PageAdmin),
        ("POST", "/admin/ldap/off", Access.PageAdmin),
        ("POST", "/admin/ldap/test", Access.PageAdmin),
        ("GET", "/admin/log", Access.Page),
        ("GET", "/admin/source", Access.Page),
        ("GET", "/admin/source/state", Access.Page),
        ("POST", "/admin/source", Access.PageAdmin),
        ("POST", "/admin/source/test", Access.PageAdmin),
        ("POST", "/admin/source/off", Access.PageAdmin),
        ("POST", "/admin/source/default", Access.PageAdmin),
        ("POST", "/admin/source/sync", Access.PageAdmin),
    ];
}
