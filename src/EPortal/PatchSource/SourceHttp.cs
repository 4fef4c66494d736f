using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;
using Polly;
using Polly.Retry;

namespace EPortal.PatchSource;

/// <summary>
/// Calls to a patch source: through the proxy, with the login, tried again where that can help. Redirects are not
/// followed and no compressed body is taken, so the login and the bounds hold for what was asked.
/// </summary>
internal sealed class SourceHttp : IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(30);

    private readonly SourceOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly ResiliencePipeline _retries;

    public SourceHttp(SourceOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _http = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                AutomaticDecompression = DecompressionMethods.None,
                UseCookies = false,
                UseProxy = options.Proxy is not null,
                Proxy = options.Proxy is { } proxy ? SourceProxy.Of(proxy) : null,
                PooledConnectionLifetime = TimeSpan.FromMinutes(2),
                MaxConnectionsPerServer = options.Parallel * 2,
                ConnectTimeout = options.Timeout,
                SslOptions = Tls(options),
                ConnectCallback = (context, cancel) => SsrfGuard.ConnectAsync(options, context, cancel),
            }
        )
        {
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = HttpVersion.Version11,
        };
        _retries = Retries(options, time);
    }

    [SuppressMessage(
        "Security",
        "CA5359:Do Not Disable Certificate Validation",
        Justification = "PATCH_SOURCE_CHECK_CERT = False asks for it; signatures are checked all the same."
    )]
    private static SslClientAuthenticationOptions Tls(SourceOptions options) =>
        options.CheckCert ? new() : new() { RemoteCertificateValidationCallback = (_, _, _, _) => true };

    /// <summary>A small file; null where the source has none of that name.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<SmallFile?> FindAsync(string path, int max, CachePolicy freshness, CancellationToken cancel)
    {
        try
        {
            return await GetAsync(path, max, freshness, cancel);
        }
        catch (SourceException e) when (e.Code == SourceError.NotFound)
        {
            return null;
        }
    }

    /// <summary>A small file.</summary>
    /// <param name="path">Below the source's root.</param>
    /// <param name="max">Bytes that it may have.</param>
    /// <param name="freshness">What caches on the way are asked for.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <exception cref="SourceException">The source failed or has none, or it is larger than <paramref name="max"/>
    /// bytes.</exception>
    public Task<SmallFile> GetAsync(string path, int max, CachePolicy freshness, CancellationToken cancel) =>
        _retries
            .ExecuteAsync(
                async token =>
                {
                    using var patience = Patience(max, token);
                    return await OnceAsync(
                        path,
                        null,
                        async (answer, silence) =>
                            new SmallFile(
                                await ReadAsync(path, answer, max, silence),
                                answer.Headers.Age ?? TimeSpan.Zero
                            ),
                        patience.Token,
                        token,
                        freshness
                    );
                },
                cancel
            )
            .AsTask();

    /// <summary>Sends a small JSON document, once; what the source answers is not read.</summary>
    /// <param name="path">Below the source's root.</param>
    /// <param name="json">The document.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <exception cref="SourceException">The source failed, or takes nothing there.</exception>
    public async Task PostAsync(string path, byte[] json, CancellationToken cancel)
    {
        using var patience = Patience(json.Length, cancel);
        await OnceAsync(path, null, (_, _) => Task.FromResult(true), patience.Token, cancel, sent: json);
    }

    /// <summary>Runs <paramref name="attempt"/>, again after failures that pass.</summary>
    public Task RetryAsync(Func<CancellationToken, Task> attempt, CancellationToken cancel) =>
        _retries.ExecuteAsync(async token => await attempt(token), cancel).AsTask();

    /// <summary>How long a file of this size may take in all; at most a month, for no timer runs much longer.</summary>
    public CancellationTokenSource Patience(long size, CancellationToken cancel)
    {
        var all = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        all.CancelAfter(
            _options.Timeout
                + TimeSpan.FromSeconds(Math.Min((double)size / _options.LowestRate, s_longest.TotalSeconds))
        );
        return all;
    }

    /// <summary>One call without repetition.</summary>
    /// <param name="path">Below the source's root.</param>
    /// <param name="range">Bytes wanted; null for all.</param>
    /// <param name="read">Reads a good answer; it extends the second argument's time with each piece that
    /// comes.</param>
    /// <param name="limit">Cancelled when it has lasted long enough, or with <paramref name="cancel"/>.</param>
    /// <param name="cancel">Ends the call; only then is <see cref="OperationCanceledException"/> thrown.</param>
    /// <param name="freshness">What caches on the way are asked for.</param>
    /// <param name="sent">JSON to post; null to get.</param>
    public async Task<T> OnceAsync<T>(
        string path,
        RangeHeaderValue? range,
        Func<HttpResponseMessage, StallTimeout, Task<T>> read,
        CancellationToken limit,
        CancellationToken cancel,
        CachePolicy freshness = CachePolicy.Any,
        byte[]? sent = null
    )
    {
        using var silence = new StallTimeout(_options.Timeout, _options.LowestRate, limit);
        using var request = Request(path, range, freshness);
        if (sent is not null)
        {
            request.Method = HttpMethod.Post;
            request.Content = new ByteArrayContent(sent);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
            if (!answer.IsSuccessStatusCode)
                throw Refusal(path, answer);
            if (
                answer.Content.Headers.ContentEncoding.Any(e =>
                    !e.Equals("identity", StringComparison.OrdinalIgnoreCase)
                )
            )
                throw new SourceException(
                    SourceError.BadAnswer,
                    $"{Named(path)} is compressed, which was not requested"
                );
            return await read(answer, silence);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw limit.IsCancellationRequested || silence.WasDrip
                ? new SourceException(SourceError.TooSlow, $"download of {Named(path)} was too slow", e)
                : new SourceException(SourceError.Unreachable, $"the patch source stopped sending {path}", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException && e is not FileNotFoundException)
        {
            throw Broken(e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static ResiliencePipeline Retries(SourceOptions options, TimeProvider time) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = new PredicateBuilder().Handle<SourceException>(e =>
                        e.IsTransient && !(e.RetryAfter > options.LongestPause)
                    ),
                    MaxRetryAttempts = options.Attempts - 1,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = options.FirstPause,
                    MaxDelay = options.LongestPause,
                    DelayGenerator = failed =>
                        ValueTask.FromResult((failed.Outcome.Exception as SourceException)?.RetryAfter),
                }
            )
            .Build();

    private HttpRequestMessage Request(string path, RangeHeaderValue? range, CachePolicy freshness)
    {
        var root = _options.Url.AbsoluteUri;
        var query = freshness == CachePolicy.PastCaches ? $"?fresh={Guid.NewGuid():N}" : "";
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{root.TrimEnd('/')}/{path}{query}"));
        request.Headers.Range = range;
        if (freshness != CachePolicy.Any)
        {
            request.Headers.CacheControl = new CacheControlHeaderValue { NoCache = true };
            // For caches of HTTP/1.0 (RFC 9111, section 5.4).
            request.Headers.Pragma.ParseAdd("no-cache");
        }

        if (_options.User is { } user)
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic",
                Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{_options.Password}"))
            );
        return request;
    }

    private static async Task<byte[]> ReadAsync(string path, HttpResponseMessage answer, int max, StallTimeout silence)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(silence.Token);
        using var kept = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await body.ReadAsync(buffer, silence.Token)) > 0)
        {
            silence.Broken(read);
            if (kept.Length + read > max)
                throw new SourceException(SourceError.WrongLength, $"{Named(path)} is larger than {max} bytes");
            kept.Write(buffer, 0, read);
        }

        if (kept.Length > 0 && answer.Content.Headers.ContentType?.MediaType == "text/html")
            throw new SourceException(SourceError.BadAnswer, $"{Named(path)} is a web page: check its address");
        return kept.ToArray();
    }

    private SourceException Refusal(string path, HttpResponseMessage answer) =>
        (int)answer.StatusCode switch
        {
            401 or 403 => new SourceException(
                SourceError.Unauthorized,
                $"the patch source refused the login for {path} ({(int)answer.StatusCode})"
            ),
            407 => new SourceException(SourceError.Unauthorized, "the proxy refused the login (407)"),
            404 or 410 => new SourceException(SourceError.NotFound, $"the patch source has no {path}"),
            >= 300 and < 400 => new SourceException(
                SourceError.Redirected,
                $"the patch source redirects {path}, not followed: if the target is right, set it as the address"
            ),
            429 or >= 500 => new SourceException(
                SourceError.Failing,
                $"the patch source answered {(int)answer.StatusCode} for {path}"
            )
            {
                RetryAfter = RetryAfter(answer.Headers.RetryAfter),
            },
            var status => new SourceException(SourceError.BadAnswer, $"the patch source answered {status} for {path}"),
        };

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header)
    {
        var wait = header?.Delta ?? header?.Date - _time.GetUtcNow();
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private SourceException Broken(Exception e) =>
        new(
            SourceError.Unreachable,
            $"cannot reach the patch source at {_options.Url.IdnHost}{Through()}: {Line((e.InnerException ?? e).Message)}",
            e
        );

    private string Through() => _options.Proxy is { } proxy ? $" through the proxy {proxy.Authority}" : "";

    /// <summary>Such messages repeat what a server sent; on one line they forge no other in a log.</summary>
    private static string Line(string message) =>
        string.Concat(message.Select(c => char.IsControl(c) ? ' ' : c)).TrimEnd('.');

    private static string Named(string path) => $"{path} of the patch source";
}
