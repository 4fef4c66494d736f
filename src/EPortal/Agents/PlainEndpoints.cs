using System.Globalization;
using EPortal.Api;
using EPortal.Data;
using EPortal.Servers;
using Microsoft.AspNetCore.Mvc;

namespace EPortal.Agents;

/// <summary>The calls under <c>REGISTRATION_URL</c> that answer lines <c>name:value</c>, by GET or POST.</summary>
internal static class PlainEndpoints
{
    private const string Base = "/admin/api/kcare";
    private const int Unknown = 1;
    private const int Malformed = 5;
    private const int TooManyChanges = 6;
    private const int MaxBody = 16 * 1024;
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Post];

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        MapPlain(routes, "register_server.plain", Register).WithMetadata(new NoHead());
        MapPlain(routes, "unregister_server.plain", Unregister).WithMetadata(new NoHead());
        MapPlain(routes, "check.plain", Check);
        MapPlain(routes, "tag_server.plain", Tag).WithMetadata(new NoHead());
    }

    private static RouteHandlerBuilder MapPlain(IEndpointRouteBuilder routes, string name, Delegate handler) =>
        routes
            .MapLazily($"{Base}/{name}", Methods, handler)
            .WithMetadata(new RequestSizeLimitAttribute(MaxBody), new ReadsOwnBody())
            .DisableAntiforgery()
            .AddEndpointFilter(RefusalsAsLines);

    private static async Task<IResult> Register(HttpContext context, RegistrationThrottle throttle)
    {
        var dropped = new DroppedFields();
        var hostname = CheckInFacts.Hostname(
            await Caller.Parameter(context.Request, "hostname"),
            context.Address(),
            dropped
        );
        var key = await Caller.Parameter(context.Request, "key") ?? "";
        var registered = await throttle.Register(context, hostname, key, dropped.ToString());
        return registered.Result switch
        {
            RegistrationResult.Done => Lines(("code", 0), ("server_id", registered.ServerId!)),
            RegistrationResult.Locked => Refuse(
                context,
                (int)registered.Result,
                RegistrationThrottle.Explain(registered),
                RegistrationThrottle.RetryAfter(registered)
            ),
            RegistrationResult.InvalidKey => Refuse(context, (int)registered.Result, "unknown key"),
            RegistrationResult.LimitReached => Refuse(
                context,
                (int)registered.Result,
                "the server limit of this key is reached"
            ),
            _ => Refuse(context, (int)registered.Result, "registration from this address is not allowed"),
        };
    }

    private static async Task<IResult> Unregister(HttpContext context, ServerStore servers) =>
        KnownOrNot(await servers.Unregister(await Caller.Required(context.Request, "server_id")));

    private static async Task<IResult> Check(HttpContext context, AgentService agents) =>
        KnownOrNot(agents.IsKnown(await Caller.Required(context.Request, "server_id")));

    private static async Task<IResult> Tag(HttpContext context, ServerStore servers) =>
        KnownOrNot(
            await servers.Tag(
                Actor.Agent,
                await Caller.Required(context.Request, "server_id"),
                await Caller.Parameter(context.Request, "tag")
                    ?? throw new RefusedException(
                        Refusal.Invalid,
                        "parameter tag is missing; an empty value removes all tags"
                    )
            )
        );

    private static IResult KnownOrNot(bool known) =>
        known ? Lines(("code", 0)) : Lines(("code", Unknown), ("message", "no server with this id is registered"));

    private static IResult Refuse(HttpContext context, int code, string message, TimeSpan? retryAfter = null)
    {
        if (retryAfter is { } wait)
        {
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            context.Response.Headers.RetryAfter = RetryHeader.Seconds(wait);
        }

        return Lines(("code", code), ("message", message));
    }

    private static IResult Lines(params IEnumerable<(string Name, object Value)> lines) =>
        TypedResults.Text(
            string.Concat(
                lines.Select(line => string.Create(CultureInfo.InvariantCulture, $"{line.Name}:{line.Value}\n"))
            )
        );

    /// <summary>Agents of this form read lines, not statuses.</summary>
    private static async ValueTask<object?> RefusalsAsLines(
        EndpointFilterInvocationContext context,
        EndpointFilterDelegate next
    )
    {
        try
        {
            return await next(context);
        }
        catch (RefusedException e)
        {
            if (e.Reason == Refusal.UnsupportedType)
                context.HttpContext.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return Refuse(
                context.HttpContext,
                e.Reason == Refusal.TooMany ? TooManyChanges : Malformed,
                e.Message,
                e.RetryAfter
            );
        }
    }
}
