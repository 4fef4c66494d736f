using EPortal.Api;
using EPortal.Servers;

namespace EPortal.Agents;

/// <summary><c>POST /admin/api/register</c>: registration for programs that are no agents; by key, without login.</summary>
internal static class RegisterEndpoint
{
    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapApi(
        HttpMethods.Post, "/register", ApiRole.Open, "Register a host with a key", Register,
        new("key", "registration key", Required: true), new("hostname", "name of the host; its address when left out")).Produces<RegisteredRow>();

    private static async Task<IResult> Register(ApiParameters parameters, RegistrationThrottle throttle, HttpContext context)
    {
        var hostname = CheckInFacts.Hostname(parameters.Text("hostname") ?? context.Address());
        var key = parameters.Required("key");
        var registered = await throttle.Register(context, hostname, key);
        return registered.Result switch
        {
            RegistrationResult.Done => TypedResults.Ok(new RegisteredRow(registered.ServerId!)),
            RegistrationResult.InvalidKey => Refuse("invalid-key", "The key is not known."),
            RegistrationResult.LimitReached => Refuse("key-limit-reached", "The key has as many servers as it may."),
            RegistrationResult.Locked => TooMany(context, registered),
            _ => ApiErrors.Result(StatusCodes.Status403Forbidden, ApiErrors.Forbidden, "Registrations from this address are not allowed."),
        };
    }

    private static IResult Refuse(string code, string message) => ApiErrors.Result(StatusCodes.Status400BadRequest, code, message);

    private static IResult TooMany(HttpContext context, Registered registered)
    {
        context.Response.Headers.RetryAfter = RetryHeader.Seconds(RegistrationThrottle.RetryAfter(registered));
        return ApiErrors.Result(
            StatusCodes.Status429TooManyRequests, ApiErrors.TooManyAttempts, RegistrationThrottle.Explain(registered));
    }
}

/// <summary>The id of a server that registered.</summary>
internal sealed record RegisteredRow(string ServerId);
