using EPortal.Api;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EPortal.WebConsole;

/// <summary>Refusals and failures, as a page for people and in the API's form for programs.</summary>
internal static class ErrorPages
{
    /// <summary>Answers; a connection in whose answer something was sent already is broken off instead.</summary>
    public static async Task Write(HttpContext context, int status, string code, string message)
    {
        if (!IsForPeople(context.Request))
            await ApiErrors.Write(context, status, code, message);
        else if (context.Response.HasStarted)
            context.Abort();
        else
            await new RazorComponentResult<ErrorPage>(new { Status = status, Sentence = message })
            {
                StatusCode = status,
            }.ExecuteAsync(context);
    }

    /// <summary>Whether a request is for a page of the console.</summary>
    public static bool IsForPeople(HttpRequest request) =>
        request.Path.StartsWithSegments(ConsoleRoutes.Base) && !request.Path.StartsWithSegments(ApiRoutes.Base);
}
