using EPortal.AgentClient.Wire;
using EPortal.Data;

namespace EPortal.Hosting;

/// <summary>Turns refusals and failures into answers, once for all calls: a code, a sentence, a status.</summary>
internal sealed partial class ErrorAnswers(RequestDelegate next, ILogger<ErrorAnswers> logger)
{
    private const string RetryAfterSeconds = "5";

    /// <summary>Runs the rest of the pipeline and answers for what it throws.</summary>
    public async Task Invoke(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (RefusedException e)
        {
            await Answer(context, StatusOf(e.Reason), CodeOf(e.Reason), e.Message);
        }
        catch (StoreException e)
        {
            if (e.Error != StoreError.Overloaded)
                LogStoreFailed(e, e.Message);
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
            await Answer(context, StatusCodes.Status503ServiceUnavailable, "unavailable", e.Message);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException && !context.Response.HasStarted)
        {
            // What the store says is here is not: a fault of this portal, which must not look as if there were no patch.
            LogFileMissing(e.Message);
            context.Response.Clear();
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
            await Answer(context, StatusCodes.Status503ServiceUnavailable, "unavailable", "A file that belongs here is missing.");
        }
        catch (BadHttpRequestException e)
        {
            await Answer(context, e.StatusCode, "bad-request", "The request is malformed or too large.");
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller hung up; there is nobody to answer.
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
    }

    private static int StatusOf(Refusal reason) => reason switch
    {
        Refusal.NotFound => StatusCodes.Status404NotFound,
        Refusal.Forbidden => StatusCodes.Status403Forbidden,
        _ => StatusCodes.Status400BadRequest,
    };

    private static string CodeOf(Refusal reason) => reason switch
    {
        Refusal.NotFound => "not-found",
        Refusal.Forbidden => "forbidden",
        Refusal.Exists => "exists",
        Refusal.Conflict => "conflict",
        Refusal.LimitReached => "limit-reached",
        _ => ErrorAnswer.BadRequest,
    };

    private static Task Answer(HttpContext context, int status, string code, string message)
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
            cancellationToken: context.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A stored file is missing: {Reason}")]
    private partial void LogFileMissing(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The store failed: {Reason}")]
    private partial void LogStoreFailed(Exception e, string reason);
}
