using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using EPortal.AgentClient.Wire;
using EPortal.Api;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Servers.CheckIns;

namespace EPortal.Agents;

/// <summary>
/// Fast path for what a fleet calls all the time: check-ins, levels, and patch files. It runs before the rest of the
/// pipeline and handles valid, common requests only; everything else, invalid requests included, is passed on
/// unchanged.
/// </summary>
internal sealed partial class AgentFastPath(
    RequestDelegate next,
    IReadOnlyList<string> allowedHosts,
    AgentService agents,
    PatchFileFastPath files,
    RequestMeter meter,
    ILogger<AgentFastPath> logger
)
{
    private const int TargetLength = 40;

    /// <summary>
    /// Refused callers retry after this plus up to the same again, so that they do not come together.
    /// </summary>
    private const int LeastRetrySeconds = 10;

    private const string Json = "application/json";
    private const string Text = "text/plain; charset=utf-8";

    private static readonly ConditionalWeakTable<Offer, Answers> s_answers = [];
    private static readonly byte[] s_unsupported = AnswerTo("", null);

    /// <summary>Host names that a request may use; null for any.</summary>
    private readonly HashSet<string>? _hosts = allowedHosts.Contains("*")
        ? null
        : allowedHosts.ToHashSet(StringComparer.OrdinalIgnoreCase);

    private int _refused;

    /// <summary>Answers, or passes the request on.</summary>
    public Task Invoke(HttpContext context)
    {
        if (_hosts?.Contains(context.Request.Host.Host) == false)
            return next(context);
        try
        {
            return TryAnswer(context) ?? next(context);
        }
        catch (StoreException)
        {
            return next(context); // The ordinary path reports the failure of the store.
        }
    }

    /// <summary>The pending answer; null when nothing was done.</summary>
    private Task? TryAnswer(HttpContext context)
    {
        var request = context.Request;
        if (request.Path.Value is not { } path || request.QueryString.HasValue)
            return null;
        if (HttpMethods.IsPost(request.Method))
            return path == CheckInEndpoints.KernelRoute ? TryCheckIn(context) : null;
        if (!HttpMethods.IsGet(request.Method))
            return null;
        return PatchServerEndpoints.LatestRouteOrNull(path, TargetLength) is not { } route
                ? files.AnswerOrNull(context, path)
            : TryLatest(context, path, route) ? Task.CompletedTask
            : null;
    }

    private Task? TryCheckIn(HttpContext context)
    {
        var begun = Stopwatch.GetTimestamp();
        if (agents.IsFull)
            return Shed(context, begun);
        var body = context.Request.BodyReader;
        if (
            context.Request.ContentLength is not (> 0 and <= CheckInScan.MaxLength and var length)
            || !body.TryRead(out var read)
        )
            return null;
        UnchangedCheckIn? unchanged = null;
        (string ServerId, CheckIn CheckIn)? changed = null;
        try
        {
            // Only a body that arrived whole with the headers; others are rare.
            if (
                read.Buffer.IsSingleSegment
                && read.Buffer.Length == length
                && CheckInScan.TryRead(read.Buffer.FirstSpan, context.Address(), out var scan)
            )
            {
                unchanged = agents.TryTakeUnchanged(scan);
                changed = unchanged is null ? ChangedOrNull(scan, read.Buffer.FirstSpan, context.Address()) : null;
            }
        }
        finally
        {
            body.AdvanceTo(unchanged is null && changed is null ? read.Buffer.Start : read.Buffer.End);
        }

        return unchanged is { } taken ? Finish(context, Recorded(taken), begun)
            : changed is var (id, checkIn) ? Finish(context, Recorded(id, checkIn), begun)
            : null;
    }

    /// <summary>The facts of the check-in; null for anything invalid, which the ordinary path answers.</summary>
    private static (string ServerId, CheckIn CheckIn)? ChangedOrNull(
        in CheckInScan scan,
        ReadOnlySpan<byte> json,
        string ip
    )
    {
        try
        {
            if (
                scan.IsRestricted
                || JsonSerializer.Deserialize(json, AgentJson.Default.CheckInRequest) is not { } request
            )
                return null;
            var dropped = new DroppedFields();
            var checkIn = CheckInFacts.From(request, ip, dropped);
            return dropped.IsAsSent ? (request.ServerId, checkIn with { Digest = scan.Digest }) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The answer once it is on disk; null for a host that is not known.</summary>
    private async ValueTask<byte[]?> Recorded(UnchangedCheckIn unchanged) =>
        await agents.Finish(unchanged) switch
        {
            Recording.Done => AnswerOf(unchanged.KernelId, unchanged.Offer),
            Recording.DiskFull => UnrecordedAnswer(unchanged.KernelId, unchanged.Offer),
            _ => null,
        };

    private async ValueTask<byte[]?> Recorded(string serverId, CheckIn checkIn) =>
        await agents.CheckIn(serverId, checkIn) is not { } outcome ? null
        : outcome.IsRecorded ? AnswerOf(checkIn.Facts.KernelId, outcome.Offer)
        : UnrecordedAnswer(checkIn.Facts.KernelId, outcome.Offer);

    private static byte[] AnswerOf(string kernelId, Offer? offer) =>
        offer is null ? s_unsupported : AnswersOf(kernelId, offer).CheckIn;

    private static byte[] UnrecordedAnswer(string kernelId, Offer? offer) =>
        JsonSerializer.SerializeToUtf8Bytes(
            AgentOffers.Answer(kernelId, offer) with
            {
                Recorded = false,
            },
            AgentJson.Default.CheckInAnswer
        );

    private async Task Finish(HttpContext context, ValueTask<byte[]?> recorded, long begun)
    {
        try
        {
            if (await recorded is { } answer)
                Answer(context.Response, Json, answer);
            else
                await CheckInEndpoints.UnknownServer().ExecuteAsync(context);
        }
        catch (StoreException e)
        {
            LogStoreFailed(e, e.Message);
            await Refuse(context, e.Message);
        }

        meter.Count(CheckInEndpoints.KernelRoute, HttpMethods.Post, context.Response.StatusCode, begun);
    }

    /// <summary>Refuses at once, before any work: more calls than this would only wait.</summary>
    private async Task Shed(HttpContext context, long begun)
    {
        agents.Counts.Ended.Add(CheckInResult.Failed);
        await Refuse(context, "too many check-ins are waiting; try again later");
        meter.Count(CheckInEndpoints.KernelRoute, HttpMethods.Post, context.Response.StatusCode, begun);
    }

    private Task Refuse(HttpContext context, string message)
    {
        var seconds = LeastRetrySeconds + ((uint)Interlocked.Increment(ref _refused) % LeastRetrySeconds);
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        // With its length, because simple agents read no chunks.
        Answer(
            context.Response,
            Json,
            JsonSerializer.SerializeToUtf8Bytes(
                new ErrorAnswer { Error = ApiErrors.Unavailable, Message = message },
                AgentJson.Default.ErrorAnswer
            )
        );
        return Task.CompletedTask;
    }

    private bool TryLatest(HttpContext context, string path, string route)
    {
        var begun = Stopwatch.GetTimestamp();
        if (
            !Caller.TryServerId(context.Request, out var id)
            || !agents.TryLook(id, path.Substring(1, TargetLength), out var offer)
        )
            return false;
        if (offer is null)
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        else
            Answer(context.Response, Text, AnswersOf(path.Substring(1, TargetLength), offer).Level);
        meter.Count(route, HttpMethods.Get, context.Response.StatusCode, begun);
        return true;
    }

    private static void Answer(HttpResponse response, string type, byte[] body)
    {
        response.ContentType = type;
        response.ContentLength = body.Length;
        response.BodyWriter.Write(body);
    }

    /// <summary>An offer is for one target and never changes, so neither do the answers that hold it.</summary>
    private static Answers AnswersOf(string target, Offer offer) =>
        s_answers.TryGetValue(offer, out var answers)
            ? answers
            : s_answers.GetValue(
                offer,
                key => new Answers(
                    AnswerTo(target, key),
                    Encoding.ASCII.GetBytes(key.Level.ToString(CultureInfo.InvariantCulture))
                )
            );

    private static byte[] AnswerTo(string target, Offer? offer) =>
        JsonSerializer.SerializeToUtf8Bytes(AgentOffers.Answer(target, offer), AgentJson.Default.CheckInAnswer);

    [LoggerMessage(Level = LogLevel.Error, Message = "The store failed: {Reason}")]
    private partial void LogStoreFailed(Exception e, string reason);

    private sealed record Answers(byte[] CheckIn, byte[] Level);

    /// <summary>A valid check-in that says something new.</summary>
    private sealed record ChangedCheckIn(string ServerId, CheckIn CheckIn, long Digest);
}
