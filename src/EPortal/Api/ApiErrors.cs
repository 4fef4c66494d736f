using EPortal.AgentClient.Wire;

namespace EPortal.Api;

/// <summary>How every refused call is answered: a code for programs and a sentence for people.</summary>
internal static class ApiErrors
{
    /// <summary>401: no login, or a wrong one.</summary>
    public const string Unauthorized = "unauthorized";

    /// <summary>403: a login without the right.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>503: something this portal needs is away.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>500: a fault of this portal.</summary>
    public const string Internal = "internal-error";

    /// <summary>429: too many wrong logins.</summary>
    public const string TooManyAttempts = "too-many-attempts";

    /// <summary>Answers; a connection in whose answer something was sent already is broken off instead.</summary>
    public static Task Write(HttpContext context, int status, string code, string message)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(
            new ErrorAnswer { Error = code, Message = message },
            AgentJson.Default.ErrorAnswer,
            cancellationToken: context.RequestAborted
        );
    }

    /// <summary>The same as a result.</summary>
    public static IResult Result(int status, string code, string message) =>
        TypedResults.Json(
            new ErrorAnswer { Error = code, Message = message },
            AgentJson.Default.ErrorAnswer,
            statusCode: status
        );
}
