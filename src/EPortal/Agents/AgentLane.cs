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

namespace EPortal.Agents;

/// <summary>
/// Answers at once what a whole fleet calls all the time: check-ins that say nothing new, levels, and small files. It stands ahead of the rest
/// of the pipeline and takes only what it can answer well; everything else, all that is wrong included, goes on as it came.
/// </summary>
internal sealed partial class AgentLane(RequestDelegate next, AgentDesk desk, FileLane files, RequestMeter meter, ILogger<AgentLane> logger)
{
    private const int TargetLength = 40;
    private const string RetryAfterSeconds = "5";
    private const string Json = "application/json";
    private const string Text = "text/plain; charset=utf-8";

    private static readonly ConditionalWeakTable<Offer, Answers> s_answers = [];
    private static readonly byte[] s_unsupported = AnswerTo("", null);

    /// <summary>Answers, or lets go on.</summary>
    public Task Invoke(HttpContext context)
    {
        var request = context.Request;
        if (request.Path.Value is not { } path || request.QueryString.HasValue)
            return next(context);
        if (HttpMethods.IsPost(request.Method))
            return path == CheckinEndpoints.KernelRoute ? CheckIn(context) : next(context);
        var isAnswered = HttpMethods.IsGet(request.Method)
            && (PatchServerEndpoints.LatestRouteOrNull(path, TargetLength) is { } route ? TryLatest(context, path, route) : files.TryAnswer(context, path));
        return isAnswered ? Task.CompletedTask : next(context);
    }

    private Task CheckIn(HttpContext context)
    {
        var begun = Stopwatch.GetTimestamp();
        var body = context.Request.BodyReader;
        if (desk.IsFull)
            return Shed(context, begun);
        if (context.Request.ContentLength is not (> 0 and <= CheckinScan.MaxLength and var length) || !body.TryRead(out var read))
            return next(context);
        // Only a body that has come whole, with the head; the others are few.
        var quick = read.Buffer.IsSingleSegment && read.Buffer.Length == length
            ? desk.Quick(read.Buffer.FirstSpan, context.Address())
            : null;
        if (quick is not { } outcome)
        {
            body.AdvanceTo(read.Buffer.Start);
            return next(context);
        }

        body.AdvanceTo(read.Buffer.End);
        return Finish(context, outcome, begun);
    }

    private async Task Finish(HttpContext context, QuickCheckin quick, long begun)
    {
        try
        {
            if (await desk.Finish(quick))
                Answer(context.Response, Json, quick.Offer is null ? s_unsupported : AnswersOf(quick.KernelId, quick.Offer).CheckIn);
            else
                await CheckinEndpoints.UnknownServer().ExecuteAsync(context); // Deleted meanwhile: as one who had never been.
        }
        catch (StoreException e)
        {
            LogStoreFailed(e, e.Message);
            await Refuse(context, e.Message);
        }

        meter.Count(CheckinEndpoints.KernelRoute, HttpMethods.Post, context.Response.StatusCode, begun);
    }

    /// <summary>Turns away at once, before anything was done for the call: more than this would only wait.</summary>
    private async Task Shed(HttpContext context, long begun)
    {
        desk.Counts.Ended.Add(CheckinResult.Failed);
        await Refuse(context, "Too many check-ins are waiting; try again later.");
        meter.Count(CheckinEndpoints.KernelRoute, HttpMethods.Post, context.Response.StatusCode, begun);
    }

    private static Task Refuse(HttpContext context, string message)
    {
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return ApiErrors.Write(context, StatusCodes.Status503ServiceUnavailable, ApiErrors.Unavailable, message);
    }

    private bool TryLatest(HttpContext context, string path, string route)
    {
        var begun = Stopwatch.GetTimestamp();
        if (!Caller.TryServerId(context.Request, out var id) || !desk.TryLook(id, path.Substring(1, TargetLength), out var offer))
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
        s_answers.TryGetValue(offer, out var answers) ? answers : s_answers.GetValue(offer, key => new Answers(
            AnswerTo(target, key), Encoding.ASCII.GetBytes(key.Level.ToString(CultureInfo.InvariantCulture))));

    private static byte[] AnswerTo(string target, Offer? offer) =>
        JsonSerializer.SerializeToUtf8Bytes(AgentOffers.Answer(target, offer), AgentJson.Default.CheckinAnswer);

    [LoggerMessage(Level = LogLevel.Error, Message = "The store failed: {Reason}")]
    private partial void LogStoreFailed(Exception e, string reason);

    private sealed record Answers(byte[] CheckIn, byte[] Level);
}
