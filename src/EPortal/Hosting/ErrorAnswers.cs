using EPortal.AgentClient.Wire;
using EPortal.Api;
using EPortal.Api.Guards;
using EPortal.Data;
using EPortal.Patchsets;
using EPortal.WebConsole;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace EPortal.Hosting;

/// <summary>Turns refusals and failures into answers, once for all calls: a code, a sentence, a status.</summary>
internal sealed partial class ErrorAnswers(RequestDelegate next, TimeProvider time, ILogger<ErrorAnswers> logger)
{
    private readonly LogRateLimiter _lines = new(time);

    private const string RetryAfterSeconds = "5";

    /// <summary>Runs the rest of the pipeline and answers for what it throws.</summary>
    public async Task Invoke(HttpContext context)
    {
        try
        {
            await next(context);
            await SayWhatWasNotFound(context);
        }
        catch (RefusedException e)
        {
            if (e.RetryAfter is { } wait)
                context.Response.Headers.RetryAfter = RetryHeader.Seconds(wait);
            await ErrorPages.Write(context, StatusOf(e.Reason), CodeOf(e.Reason), e.Message);
        }
        catch (StoreException e)
        {
            LogStore(e);
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
            await ErrorPages.Write(context, StatusCodes.Status503ServiceUnavailable, ApiErrors.Unavailable, e.Message);
        }
        catch (UnavailableException e) when (!context.Response.HasStarted)
        {
            await Unavailable(context, e.Message);
        }
        catch (Exception e)
            when (e is FileNotFoundException or DirectoryNotFoundException && !context.Response.HasStarted)
        {
            // Gone between the look and the sending: a fault of this portal, which must not look as if there were no
            // patch.
            LogFileMissing(e.Message);
            await Unavailable(context, "stored file missing, see the server log");
        }
        catch (IOException e) when (context.Response.HasStarted)
        {
            // Broken off rather than ended well: whoever reads must see that this is not the whole.
            LogBrokenOff(context.Request.Path, e.InnerException?.Message ?? e.Message);
            context.Abort();
        }
        catch (BadHttpRequestException e)
        {
            Close(context);
            await ErrorPages.Write(context, e.StatusCode, "bad-request", "request is malformed or too large");
        }
        catch (Exception e)
            when (e is ConnectionResetException
                || (e is OperationCanceledException && context.RequestAborted.IsCancellationRequested)
            )
        {
            // The caller hung up; there is nobody to answer.
            Close(context);
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            LogUnforeseen(e, context.GetEndpoint()?.DisplayName ?? "no route");
            await ApiErrors.Write(
                context,
                StatusCodes.Status500InternalServerError,
                ApiErrors.Internal,
                "internal error, see the server log"
            );
        }
    }

    /// <summary>
    /// A line for what an administrator has to mend, at a bounded rate while it lasts; a stack trace only for what
    /// nobody expects.
    /// </summary>
    private void LogStore(StoreException e)
    {
        if (e.Error == StoreError.Overloaded || !_lines.Admits(out var leftOut))
            return;
        LogStoreFailed(
            e.Error is StoreError.DiskFull or StoreError.ReadOnly or StoreError.Busy ? null : e,
            e.Message,
            leftOut
        );
    }

    /// <summary>
    /// The last request of its connection: the body was not read to its end, and the web server must not look behind it
    /// for the next one. Left to itself it does, also when the caller has hung up.
    /// </summary>
    private static void Close(HttpContext context) =>
        context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();

    /// <summary>What matched no call of the API is answered in the API's own form.</summary>
    private static Task SayWhatWasNotFound(HttpContext context)
    {
        if (context.Response.HasStarted || !context.Request.Path.StartsWithSegments(ConsoleRoutes.Base))
            return Task.CompletedTask;
        var call = ErrorPages.IsForPeople(context.Request) ? "page" : "API call";
        return context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound when context.GetEndpoint() is null => ErrorPages.Write(
                context,
                StatusCodes.Status404NotFound,
                CodeOf(Refusal.NotFound),
                $"{call} not found"
            ),
            StatusCodes.Status405MethodNotAllowed => ErrorPages.Write(
                context,
                StatusCodes.Status405MethodNotAllowed,
                "method-not-allowed",
                $"method not allowed: use {context.Response.Headers.Allow.ToString().Replace(",", " or", StringComparison.Ordinal)}"
            ),
            _ => Task.CompletedTask,
        };
    }

    private static Task Unavailable(HttpContext context, string message)
    {
        context.Response.Clear();
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return ErrorPages.Write(context, StatusCodes.Status503ServiceUnavailable, ApiErrors.Unavailable, message);
    }

    private static int StatusOf(Refusal reason) =>
        reason switch
        {
            Refusal.NotFound => StatusCodes.Status404NotFound,
            Refusal.Forbidden => StatusCodes.Status403Forbidden,
            Refusal.UnsupportedType => StatusCodes.Status415UnsupportedMediaType,
            Refusal.TooMany => StatusCodes.Status429TooManyRequests,
            _ => StatusCodes.Status400BadRequest,
        };

    private static string CodeOf(Refusal reason) =>
        reason switch
        {
            Refusal.NotFound => "not-found",
            Refusal.Forbidden => "forbidden",
            Refusal.TooMany => ApiErrors.TooManyAttempts,
            Refusal.Exists => "exists",
            Refusal.Conflict => "conflict",
            Refusal.LimitReached => "limit-reached",
            Refusal.UnsupportedType => "unsupported-media-type",
            _ => ErrorAnswer.BadRequest,
        };

    [LoggerMessage(Level = LogLevel.Error, Message = "Stored file missing: {Reason}")]
    private partial void LogFileMissing(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Response to {Path} aborted: {Reason}")]
    private partial void LogBrokenOff(string path, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Request failed ({Call})")]
    private partial void LogUnforeseen(Exception e, string call);

    [LoggerMessage(Level = LogLevel.Error, Message = "Store failed: {Reason} ({LeftOut} more since the last line)")]
    private partial void LogStoreFailed(Exception? e, string reason, long leftOut);
}
