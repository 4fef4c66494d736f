namespace EPortal.Tests.Api;

/// <summary>Who may call a route.</summary>
internal enum Access
{
    /// <summary>Everybody; agents and keys speak for themselves there.</summary>
    Open,

    /// <summary>Every account, to look.</summary>
    Reader,

    /// <summary>Every account, on what is its own.</summary>
    Own,

    /// <summary>Admins.</summary>
    Admin,

    /// <summary>Who logged in by the login page; others are sent there.</summary>
    Page,

    /// <summary>Admins who logged in by the login page.</summary>
    PageAdmin,
}

/// <summary>
/// All routes of the portal and who may call them. A route that is not here fails a test, so that nobody adds one
/// without saying who may call it.
/// </summary>
internal static class ApiRoutesTable
{
    /// <summary>Calls of the API, below <c>/admin/api</c>.</summary>
    public static readonly (string Method, string Path, Access Access)[] Lines =
    [
        ("GET", "/servers", Access.Reader),
        ("DELETE", "/servers", Access.Admin),
        ("POST", "/register", Access.Open),
        ("POST", "/delete_server", Access.Admin),
        ("POST", "/set_tags", Access.Admin),
        ("GET", "/feeds", Access.Reader),
        ("POST", "/feeds", Access.Admin),
        ("DELETE", "/feeds/{name}", Access.Admin),
        ("GET", "/keys", Access.Reader),
        ("POST", "/keys", Access.Admin),
        ("DELETE", "/keys/{key}", Access.Admin),
        ("GET", "/patchsets", Access.Reader),
        ("POST", "/patchsets/manage", Access.Admin),
        ("GET", "/users", Access.Reader),
        ("POST", "/users", Access.Admin),
        ("DELETE", "/users/{name}", Access.Admin),
        ("GET", "/api-keys", Access.Own),
        ("POST", "/api-keys", Access.Own),
        ("DELETE", "/api-keys/{id}", Access.Own),
        ("GET", "/sessions", Access.Own),
        ("DELETE", "/sessions/{id}", Access.Own),
        ("GET", "/user-log", Access.Reader),
        ("GET", "/ldap", Access.Reader),
        ("POST", "/ldap", Access.Admin),
        ("POST", "/ldap/test", Access.Admin),
        ("GET", "/source", Access.Reader),
        ("POST", "/source", Access.Admin),
        ("DELETE", "/source", Access.Admin),
        ("POST", "/source/test", Access.Admin),
        ("POST", "/source/sync", Access.Admin),
        ("GET", "/replication", Access.Reader),
        ("GET", "/kcare/nagios/{key?}", Access.Open),
        ("GET", "/kcare/patchset/{key?}", Access.Open),
        ("GET", "/kcare/patchset.json", Access.Open),
    ];

    /// <summary>Everything else, by whole path.</summary>
    public static readonly (string Method, string Path, Access Access)[] Others =
    [
        ("POST", "/admin/logout", Access.Page),
        ("GET", "/admin/login", Access.Open),
        ("POST", "/admin/login", Access.Open),
        ("GET", "/admin/assets/{hash}/{name}", Access.Open),
        ("GET", "/admin/sso/login", Access.Open),
        ("GET", "/admin/install", Access.Open),
        ("GET", "/admin/api/{documentName}.json", Access.Open),
        ("GET", "/", Access.Open),
        ("GET", "/favicon.ico", Access.Open),
        ("GET", "/healthz", Access.Open),
        ("GET", "/readyz", Access.Open),
        // By token or address, not by account.
        ("GET", "/metrics", Access.Open),
    ];

    /// <summary>Routes of agents and install scripts, which know no accounts: how their paths begin.</summary>
    public static readonly string[] AgentPaths =
    [
        "/admin/api/kcare/",
        "/{target",
        "/install-kernelcare",
        "/set-kernelcare-repo",
        "/set-patch-server",
        "/packages/",
        "/repo/",
        "/patch-source/",
        "/admin/api/docs",
    ];
}
