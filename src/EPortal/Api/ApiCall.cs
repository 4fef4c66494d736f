using System.Security.Claims;
using EPortal.Data;

namespace EPortal.Api;

/// <summary>Who may call.</summary>
internal enum ApiRole
{
    /// <summary>Everybody.</summary>
    Open,

    /// <summary>Every account.</summary>
    Reader,

    /// <summary>Accounts that may change things.</summary>
    Admin,
}

/// <summary>A parameter as the description of the API tells of it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it means, with its default.</param>
/// <param name="Type"><c>string</c>, <c>integer</c> or <c>boolean</c>.</param>
/// <param name="Required">Whether the call is refused without it.</param>
/// <param name="Repeatable">Whether it may be given more than once.</param>
internal sealed record ApiParameter(
    string Name,
    string Description,
    string Type = "string",
    bool Required = false,
    bool Repeatable = false
);

/// <summary>A call of the HTTP API: who may make it and what it takes. Every route of the API carries one.</summary>
/// <param name="Role">Who may call.</param>
/// <param name="Summary">What it does.</param>
/// <param name="Parameters">What it takes, by query string, form or JSON body alike.</param>
internal sealed record ApiCall(ApiRole Role, string Summary, IReadOnlyList<ApiParameter> Parameters);

/// <summary>Says of a call that it answers a text of that type too, where it is asked to.</summary>
/// <param name="Type">Content type, without parameters.</param>
internal sealed record AnswersText(string Type);

/// <summary>Puts calls on the routes.</summary>
internal static class ApiRoutes
{
    /// <summary>Where the API lies.</summary>
    public const string Base = "/admin/api";

    /// <summary>Name of the policy that any account fulfils.</summary>
    public const string ReaderPolicy = "reader";

    /// <summary>Name of the policy that admins fulfil, and the role behind it.</summary>
    public const string AdminPolicy = "admin";

    /// <summary>Name of the policy of pages: any account, logged in by the login page.</summary>
    public const string PagePolicy = "page";

    /// <summary>
    /// Name of the policy of what pages send to change something: admins, logged in by the login page.
    /// </summary>
    public const string PageAdminPolicy = "page-admin";

    /// <summary>A call under <see cref="Base"/>; a slash at the end of its path does not matter.</summary>
    public static RouteHandlerBuilder MapApi(
        this IEndpointRouteBuilder routes,
        string method,
        string path,
        ApiRole role,
        string summary,
        Delegate handler,
        params ApiParameter[] parameters
    )
    {
        var route = routes
            .MapLazily(Base + path, [method], handler)
            .WithTags(SubjectOf(path))
            .WithMetadata(new ApiCall(role, summary, parameters))
            .DisableAntiforgery();
        return role switch
        {
            ApiRole.Admin => route.RequireAuthorization(AdminPolicy),
            ApiRole.Reader => route.RequireAuthorization(ReaderPolicy),
            _ => route.AllowAnonymous(),
        };
    }

    /// <summary>What a call is about: the first part of its path, with what belongs to servers among them.</summary>
    private static string SubjectOf(string path) =>
        path.Split('/')[1] switch
        {
            "register" or "delete_server" or "set_tags" => "servers",
            "kcare" => "monitoring by key",
            var subject => subject,
        };

    /// <summary>Who calls, as the user log names it.</summary>
    public static Actor Actor(this HttpContext context) =>
        new(context.User.FindFirstValue(ClaimTypes.Name) ?? Data.Actor.Nobody, context.Address());

    /// <summary>Whose things the caller may see and end: their own; null for everybody's, as admins may.</summary>
    public static string? WhoseOrAll(this HttpContext context) =>
        context.User.IsInRole(AdminPolicy) ? null : context.Actor().Name;

    /// <summary>Address the call came from; IPv4 in its own form even on a dual-stack socket.</summary>
    public static string Address(this HttpContext context) =>
        context.Connection.RemoteIpAddress switch
        {
            null => "",
            { IsIPv4MappedToIPv6: true } mapped => mapped.MapToIPv4().ToString(),
            var address => address.ToString(),
        };
}

/// <summary>What most calls answer: <c>{"result": …}</c>.</summary>
/// <typeparam name="T">The result.</typeparam>
internal sealed record ApiResult<T>(T Result);
