using EPortal.Api;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EPortal.WebConsole;

/// <summary>
/// Marks a route of the console and says whether it changes something. Every page and every action carries one.
/// </summary>
/// <param name="Changes">Whether only admins may call it.</param>
internal sealed record ConsoleRoute(bool Changes);

/// <summary>Puts pages and what their forms send on the routes.</summary>
internal static class ConsoleRoutes
{
    /// <summary>Where the console lies.</summary>
    public const string Base = "/admin";

    /// <summary>A page, for everybody who has logged in.</summary>
    public static RouteHandlerBuilder MapPage(this IEndpointRouteBuilder routes, string path, Delegate handler) =>
        routes
            .MapLazily(Base + path, [HttpMethods.Get], handler)
            .WithMetadata(new ConsoleRoute(Changes: false))
            .RequireAuthorization(ApiRoutes.PagePolicy);

    /// <summary>
    /// What a form sends, for admins. It ends in <see cref="Back"/>, or in the page with what is wrong with it.
    /// </summary>
    public static RouteHandlerBuilder MapAction(this IEndpointRouteBuilder routes, string path, Delegate handler) =>
        routes
            .MapLazily(Base + path, [HttpMethods.Post], handler)
            .WithMetadata(new ConsoleRoute(Changes: true))
            .RequireAuthorization(ApiRoutes.PageAdminPolicy)
            .DisableAntiforgery()
            .AddEndpointFilter(ConsoleForms.Resume);

    /// <summary>A form that changes nothing but what is the sender's own, for everybody who has logged in.</summary>
    public static RouteHandlerBuilder MapOwnAction(this IEndpointRouteBuilder routes, string path, Delegate handler) =>
        routes
            .MapLazily(Base + path, [HttpMethods.Post], handler)
            .WithMetadata(new ConsoleRoute(Changes: false))
            .RequireAuthorization(ApiRoutes.PagePolicy)
            .DisableAntiforgery()
            .AddEndpointFilter(ConsoleForms.Resume);

    /// <summary>A page, or a part of one, as an answer.</summary>
    /// <param name="model">What it shows.</param>
    /// <param name="status">Its status code; 200 when all is well.</param>
    public static RazorComponentResult<PageHost<TPage, TModel>> Show<TPage, TModel>(
        TModel model,
        int status = StatusCodes.Status200OK
    )
        where TPage : IComponent => new(new { Model = model }) { StatusCode = status };

    /// <summary>
    /// Leads on to a page of the console, which says <paramref name="message"/> once: a page loaded again repeats no
    /// change.
    /// </summary>
    public static IResult Back(HttpContext context, string path, string message)
    {
        Flash.Leave(context, message);
        return To(context, path);
    }

    /// <summary>Leads on to a page of the console, which says once why nothing was done.</summary>
    public static IResult Refused(HttpContext context, string path, string message)
    {
        Flash.Leave(context, message, isRefusal: true);
        return To(context, path);
    }

    /// <summary>Leads on to a page of the console that tells by itself how it went.</summary>
    public static IResult To(HttpContext context, string path)
    {
        if (context.Request.Headers["HX-Request"] != "true")
            return TypedResults.Redirect(Base + path);
        // A script that sent the form would follow by itself and put the page into a part of this one.
        context.Response.Headers["HX-Redirect"] = Base + path;
        return TypedResults.NoContent();
    }
}
