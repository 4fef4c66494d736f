using EPortal.Api;
using EPortal.Servers;

namespace EPortal.Agents;

/// <summary>
/// <c>POST /admin/api/register</c>: registration for programs that are no agents; by key, without login.
/// </summary>
internal static class RegisterEndpoint
{
    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapApi(
                HttpMethods.Post,
                "/register",
                ApiRole.Open,
                "Register a host with a key",
                Register,
                new("key", "registration key", Required: true),
                new("hostname", "name of the host; its address by default")
            )
            .Produces<RegisteredRow>();

    private static async Task<IResult> Register(
        ApiParameters parameters,
        RegistrationThrottle throttle,
        HttpContext context
    )
    {
        var dropped = new DroppedFields();
        var hostname = CheckInFacts.Hostname(
            parameters.Text("hostname") ?? context.Address(),
            context.Address(),
            dropped
        );
        var key = parameters.Required("key");
        var registered = await throttle.Register(context, hostname, key, dropped.ToString());
        return registered.Result switch
        {
            RegistrationResult.Done => TypedResults.Ok(new RegisteredRow(registered.ServerId!)),
            RegistrationResult.InvalidKey => Refuse("invalid-key", "unknown key"),
            RegistrationResult.LimitReached => Refuse("key-limit-reached", "the server limit of this key is reached"),
            RegistrationResult.Locked => TooMany(context, registered),
            _ => ApiErrors.Result(
                StatusCodes.Status403Forbidden,
                ApiErrors.Forbidden,
                "registration from this address is not allowed"
            ),
        };
    }

    private static IResult Refuse(string code, string message) =>
        ApiErrors.Result(StatusCodes.Status400BadRequest, code, message);

    private static IResult TooMany(HttpContext context, Registered registered)
    {
        context.Response.Headers.RetryAfter = RetryHeader.Seconds(RegistrationThrottle.RetryAfter(registered));
        return ApiErrors.Result(
            StatusCodes.Status429TooManyRequests,
            ApiErrors.TooManyAttempts,
            RegistrationThrottle.Explain(registered)
        );
    }
}

/// <summary>The id of a server that registered.</summary>
internal sealed record RegisteredRow(string ServerId);
