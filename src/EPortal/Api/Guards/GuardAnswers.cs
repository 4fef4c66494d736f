namespace EPortal.Api.Guards;

/// <summary>What guards and calls over HTTP have in common.</summary>
internal static class GuardAnswers
{
    /// <summary>The address that a call is counted under.</summary>
    public static ClientAddress Client(this HttpContext context)
    {
        var client = ClientAddress.Of(context.Connection.RemoteIpAddress);
        return context.RequestServices?.GetService<TrustedProxies>()?.IsAddressOfProxy(context) == true
            ? client.AsShared()
            : client;
    }

    /// <summary>Answers what was not looked at: 429, and when to come again.</summary>
    public static Task TooMany(this SecretGuard guard, HttpContext context)
    {
        SayWhen(context);
        return ApiErrors.Write(
            context,
            StatusCodes.Status429TooManyRequests,
            ApiErrors.TooManyAttempts,
            Sentence(guard)
        );
    }

    /// <summary>The same as a result.</summary>
    public static IResult TooManyResult(this SecretGuard guard, HttpContext context)
    {
        SayWhen(context);
        return ApiErrors.Result(StatusCodes.Status429TooManyRequests, ApiErrors.TooManyAttempts, Sentence(guard));
    }

    /// <summary>Says in a header when to come again.</summary>
    public static void SayWhen(HttpContext context) => context.Response.Headers.RetryAfter = SecretGuard.RetryAfter;

    private static string Sentence(SecretGuard guard) =>
        $"too many attempts with a wrong {guard.Name} from this address; try again in a moment";
}
