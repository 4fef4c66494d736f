using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using EPortal.AgentClient.Wire;

namespace EPortal.AgentClient;

/// <summary>Sends one call, names its failure, and tries again where that can help.</summary>
internal sealed class PortalTransport(HttpClient http, PortalOptions options)
{
    /// <param name="request">Makes the request; called for each try.</param>
    /// <param name="read">Reads a successful answer.</param>
    /// <param name="repeatable">False where carrying the call out twice would do harm.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<T> CallAsync<T>(
        Func<HttpRequestMessage> request,
        Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        bool repeatable,
        CancellationToken cancel
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                limit.CancelAfter(options.Timeout);
                return await OnceAsync(request, read, limit.Token, cancel);
            }
            catch (PortalException e) when (MayRepeat(e, attempt) && (repeatable || !e.MayHaveHappened))
            {
                await PauseAsync(e, attempt, cancel);
            }
        }
    }

    /// <param name="request">Makes the request.</param>
    /// <param name="read">Reads a successful answer.</param>
    /// <param name="limit">Cancelled when this try has lasted long enough, or with <paramref name="cancel"/>.</param>
    /// <param name="cancel">Ends the call; only then is <see cref="OperationCanceledException"/> thrown.</param>
    public async Task<T> OnceAsync<T>(
        Func<HttpRequestMessage> request,
        Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        CancellationToken limit,
        CancellationToken cancel
    )
    {
        using var message = request();
        var host = message.RequestUri!.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
        if (options.ServerId is not null)
            message.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic",
                Convert.ToBase64String(Encoding.UTF8.GetBytes(options.ServerId + ":kernelcare"))
            );
        try
        {
            using var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit);
            return answer.IsSuccessStatusCode
                ? await read(answer, limit)
                : throw await RefusalAsync(answer, host, limit);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new PortalException(PortalError.Unreachable, $"the portal at {host} did not answer in time", e)
            {
                MayHaveHappened = true,
            };
        }
        catch (HttpRequestException e)
        {
            throw Broken(
                host,
                e,
                e.HttpRequestError
                    is not (
                        HttpRequestError.NameResolutionError
                        or HttpRequestError.ConnectionError
                        or HttpRequestError.SecureConnectionError
                    )
            );
        }
        catch (IOException e) when (e is HttpIOException || e.InnerException is SocketException)
        {
            throw Broken(host, e, mayHaveHappened: true);
        }
    }

    public bool MayRepeat(PortalException failure, int attempt) =>
        failure.IsTransient && attempt < options.Attempts && !(failure.RetryAfter > options.LongestPause);

    /// <summary>Waits as long as the portal asked, or a random part of a doubling pause.</summary>
    public Task PauseAsync(PortalException failure, int attempt, CancellationToken cancel)
    {
        var ceiling = options.FirstPause * Math.Pow(2, Math.Min(attempt - 1, 16));
        if (ceiling > options.LongestPause)
            ceiling = options.LongestPause;
        // Jitter keeps a fleet that failed together from coming back together.
        var jitter = ceiling * Random.Shared.NextDouble();
        return options.Pause(failure.RetryAfter is { } asked ? asked + jitter : jitter, cancel);
    }

    private static PortalException Broken(string host, Exception inner, bool mayHaveHappened)
    {
        var why = SafeText.Line(inner.InnerException?.Message ?? inner.Message).TrimEnd('.');
        return new PortalException(PortalError.Unreachable, $"cannot reach the portal at {host}: {why}", inner)
        {
            MayHaveHappened = mayHaveHappened,
        };
    }

    private async Task<PortalException> RefusalAsync(HttpResponseMessage answer, string host, CancellationToken limit)
    {
        var status = (int)answer.StatusCode;
        if (status is >= 300 and < 400)
            return new PortalException(
                PortalError.Redirected,
                $"the portal at {host} answered with a redirect; redirects are not followed"
            );
        if (answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests)
            return new PortalException(PortalError.Overloaded, $"the portal at {host} is busy; try again later")
            {
                RetryAfter = RetryAfter(answer.Headers.RetryAfter),
            };
        var said = await SaidAsync(answer, limit);
        var code = answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized => PortalError.UnknownServer,
            HttpStatusCode.NotFound => PortalError.NotFound,
            _ when status >= 500 => PortalError.ServerFault,
            _ => PortalError.Refused,
        };
        return new PortalException(
            code,
            $"the portal at {host} answered {status}{(said.Length > 0 ? ": " + said : "")}"
        )
        {
            MayHaveHappened = status >= 500,
        };
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header)
    {
        var wait = header?.Delta ?? header?.Date - options.Time.GetUtcNow();
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private async Task<string> SaidAsync(HttpResponseMessage answer, CancellationToken limit)
    {
        if (answer.Content.Headers.ContentType?.MediaType != "application/json")
            return "";
        try
        {
            var error = await BoundedContent.ReadJsonAsync(
                answer,
                AgentJson.Default.ErrorAnswer,
                options.MaxAnswerBytes,
                limit
            );
            return SafeText.Line(error.Message);
        }
        catch (PortalException)
        {
            return ""; // The status is enough; the body is unreadable.
        }
    }
}
