using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using EPortal.Agents;
using EPortal.Api;
using Prometheus;

namespace EPortal.Operations;

/// <summary>
/// Counts requests. Labels are routes and methods that this program knows, never what a caller sent: everything else is
/// <c>other</c>.
/// </summary>
internal sealed class MetricsOfRequests(IMetricFactory metrics) : RequestMeter
{
    private const string Other = "other";
    private static readonly double[] s_seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

    private readonly Counter _requests = metrics.CreateCounter(
        "eportal_http_requests_total",
        "HTTP requests by route, method and status.",
        ["route", "method", "status"]
    );

    private readonly Histogram _duration = metrics.CreateHistogram(
        "eportal_http_request_duration_seconds",
        "Duration of HTTP requests in seconds.",
        ["route", "method"],
        new HistogramConfiguration { Buckets = s_seconds }
    );

    private readonly Gauge _running = metrics.CreateGauge(
        "eportal_http_requests_in_progress",
        "HTTP requests in progress."
    );

    private readonly Counter _throttled = metrics.CreateCounter(
        "eportal_api_throttled_total",
        "Calls under /admin/api answered 429 because of too many requests from one address."
    );

    private readonly Counter _files = metrics.CreateCounter(
        "eportal_patch_file_requests_total",
        "Patch files sent, in whole or in part."
    );

    private readonly Counter _bytes = metrics.CreateCounter(
        "eportal_patch_file_sent_bytes_total",
        "Bytes of patch files sent; aborted responses are not counted."
    );

    private readonly ConcurrentDictionary<
        (string Route, string Method, int Status),
        (ICounter Requests, IHistogram Duration)
    > _known = new();

    /// <inheritdoc/>
    public override void Count(string route, string method, int status, long begun)
    {
        var (requests, duration) = _known.GetOrAdd(
            (route, method, status),
            key =>
                (
                    _requests.WithLabels(key.Route, key.Method, key.Status.ToString(CultureInfo.InvariantCulture)),
                    _duration.WithLabels(key.Route, key.Method)
                )
        );
        requests.Inc();
        duration.Observe(Stopwatch.GetElapsedTime(begun).TotalSeconds);
    }

    /// <inheritdoc/>
    public override void CountFile(string route, int status, long begun, long bytes)
    {
        Count(route, HttpMethods.Get, status, begun);
        _files.Inc();
        _bytes.Inc(bytes);
    }

    /// <summary>Runs the rest of the pipeline and counts what came of it.</summary>
    public async Task Measure(HttpContext context, RequestDelegate next)
    {
        var begun = Stopwatch.GetTimestamp();
        var status = StatusCodes.Status500InternalServerError;
        _running.Inc();
        try
        {
            await next(context);
            status = context.Response.StatusCode;
        }
        finally
        {
            _running.Dec();
            Count(context, status, Stopwatch.GetElapsedTime(begun));
        }
    }

    private void Count(HttpContext context, int status, TimeSpan time)
    {
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? Other;
        var method = MethodOf(context.Request);
        _requests.WithLabels(route, method, status.ToString(CultureInfo.InvariantCulture)).Inc();
        _duration.WithLabels(route, method).Observe(time.TotalSeconds);
        if (status == StatusCodes.Status429TooManyRequests && context.Request.Path.StartsWithSegments(ApiRoutes.Base))
            _throttled.Inc();
        if (
            route == PatchServerEndpoints.FileRoute
            && method == HttpMethods.Get
            && !context.RequestAborted.IsCancellationRequested
            && status is StatusCodes.Status200OK or StatusCodes.Status206PartialContent
        )
        {
            _files.Inc();
            _bytes.Inc(context.Response.ContentLength ?? 0);
        }
    }

    private static string MethodOf(HttpRequest request) =>
        request.Method switch
        {
            "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" => request.Method,
            _ => Other,
        };
}
