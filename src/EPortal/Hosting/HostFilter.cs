using EPortal.AgentClient.Wire;
using EPortal.Api;
using EPortal.Api.Guards;
using Microsoft.Extensions.Primitives;

namespace EPortal.Hosting;

/// <summary>
/// Refuses requests under other names than <see cref="AllowedHosts"/>, matched as the framework's own filter does,
/// which cannot say in its answer and in the log which setting it is. A request without a host name is answered.
/// </summary>
internal sealed partial class HostFilter(
    RequestDelegate next,
    IReadOnlyList<string> allowed,
    TimeProvider time,
    ILogger<HostFilter> logger
)
{
    /// <summary>No name is longer (RFC 1035, 2.3.4).</summary>
    private const int MaxShown = 255;

    private readonly StringSegment[]? _allowed = allowed.Contains("*")
        ? null
        // As headers have names of other scripts (RFC 3492).
        : [.. allowed.Select(host => new StringSegment(new HostString(host).ToUriComponent()))];

    private readonly LogRateLimiter _lines = new(time);

    /// <summary>Refuses or passes on.</summary>
    public Task Invoke(HttpContext context)
    {
        var host = context.Request.Headers.Host.ToString();
        return _allowed is null || host.Length == 0 || HostString.MatchesAny(host, _allowed)
            ? next(context)
            : Refuse(context, host);
    }

    private Task Refuse(HttpContext context, string host)
    {
        if (_lines.Admits(out var leftOut))
            LogRefused(host[..Math.Min(host.Length, MaxShown)], leftOut);
        return ApiErrors.Write(
            context,
            StatusCodes.Status400BadRequest,
            ErrorAnswer.BadRequest,
            "this host name is not in ALLOWED_HOSTS of the portal"
        );
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Request refused: host '{Host}' is not in ALLOWED_HOSTS ({LeftOut} more since the last line)"
    )]
    private partial void LogRefused(string host, long leftOut);
}
