using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EPortal.AgentClient.Wire;
using EPortal.Api;
using EPortal.Format;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace EPortal.Agents;

/// <summary>Check-ins as JSON.</summary>
internal static class CheckInEndpoints
{
    /// <summary>Route of check-ins of hosts.</summary>
    public const string KernelRoute = "/admin/api/kcare/checkin";

    private const int MaxBody = 64 * 1024;
    private const int MaxBuildIdsBody = 2 * 1024 * 1024;

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapLazily(KernelRoute, [HttpMethods.Post], Kernel).WithMetadata(new ReadsOwnBody()); // Read enforces the limit: the body may have been read before.
        routes
            .MapLazily(KernelRoute + "/{product}", [HttpMethods.Post], Userspace)
            .WithMetadata(new RequestSizeLimitAttribute(MaxBuildIdsBody), new ReadsOwnBody());
    }

    private static async Task<IResult> Kernel(HttpContext context, AgentService agents)
    {
        using var body = await Read(context, MaxBody);
        var dropped = new DroppedFields();
        var request = CheckInReader.Host(Bytes(body), dropped);
        var address = context.Address();
        var checkIn = CheckInFacts.From(request, address, dropped);
        var digest = dropped.IsAsSent && CheckInScan.TryRead(Bytes(body).Span, address, out var scan) ? scan.Digest : 0;
        return await agents.CheckIn(request.ServerId, checkIn with { Digest = digest }) is { } outcome
            ? Whole(
                AgentOffers.Answer(checkIn.Facts.KernelId, outcome.Offer, outcome.IsHeldBack) with
                {
                    Recorded = outcome.IsRecorded ? null : false,
                },
                AgentJson.Default.CheckInAnswer
            )
            : UnknownServer();
    }

    private static async Task<IResult> Userspace(string product, HttpContext context, AgentService agents)
    {
        if (!Products.TryParse(product, out var wanted) || wanted == Product.Kernel)
            return TypedResults.Json(
                new ErrorAnswer { Error = "not-found", Message = $"product '{product}' not found" },
                AgentJson.Default.ErrorAnswer,
                statusCode: StatusCodes.Status404NotFound
            );
        using var body = await Read(context, MaxBuildIdsBody);
        var dropped = new DroppedFields();
        var (serverId, ids) = CheckInReader.Userspace(Bytes(body), wanted, dropped);
        return await agents.Userspace(serverId, wanted, ids, dropped) is { } answer
            ? Whole(answer, AgentJson.Default.BuildIdsAnswer)
            : UnknownServer();
    }

    /// <summary>With its length, because simple agents read no chunks.</summary>
    private static FileContentHttpResult Whole<T>(T answer, JsonTypeInfo<T> type) =>
        TypedResults.Bytes(JsonSerializer.SerializeToUtf8Bytes(answer, type), "application/json");

    /// <summary>The answer to a host that is not known.</summary>
    public static JsonHttpResult<ErrorAnswer> UnknownServer() =>
        TypedResults.Json(
            new ErrorAnswer
            {
                Error = ErrorAnswer.UnknownServer,
                Message = "no server with this id is registered; register again",
            },
            AgentJson.Default.ErrorAnswer,
            statusCode: StatusCodes.Status401Unauthorized
        );

    /// <summary>Read whole, which its size allows.</summary>
    private static ValueTask<MemoryStream> Read(HttpContext context, int most) =>
        RequestBody.Read(context, cancel => Read(context, most, cancel));

    private static async ValueTask<MemoryStream> Read(HttpContext context, int most, CancellationToken cancel)
    {
        var body = new MemoryStream();
        var reader = context.Request.BodyReader;
        while (context.Request.ContentLength is not { } length || length <= most)
        {
            var read = await reader.ReadAsync(cancel);
            foreach (var part in read.Buffer)
                body.Write(part.Span);
            reader.AdvanceTo(read.Buffer.End);
            if (body.Length > most)
                break;
            if (read.IsCompleted)
                return body;
        }

        throw new BadHttpRequestException("the request body is too large", StatusCodes.Status413PayloadTooLarge);
    }

    private static ReadOnlyMemory<byte> Bytes(MemoryStream body) => body.GetBuffer().AsMemory(0, (int)body.Length);
}
