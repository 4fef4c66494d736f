using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EPortal.AgentClient.Wire;
using EPortal.Api;
using EPortal.Data;
using EPortal.Format;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace EPortal.Agents;

/// <summary>Check-ins as JSON.</summary>
internal static class CheckinEndpoints
{
    private const int MaxBody = 64 * 1024;
    private const int MaxBuildIdsBody = 2 * 1024 * 1024;

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/admin/api/kcare/checkin", Kernel).WithMetadata(new RequestSizeLimitAttribute(MaxBody));
        routes.MapPost("/admin/api/kcare/checkin/{product}", Userspace).WithMetadata(new RequestSizeLimitAttribute(MaxBuildIdsBody));
    }

    private static async Task<IResult> Kernel(HttpContext context, AgentDesk desk)
    {
        var request = await Json(context, AgentJson.Default.CheckinRequest);
        return await desk.CheckIn(request.ServerId, request, context.Address()) is { } outcome
            ? Whole(AgentOffers.Answer(request.KernelId, outcome.Offer), AgentJson.Default.CheckinAnswer)
            : UnknownServer();
    }

    private static async Task<IResult> Userspace(string product, HttpContext context, AgentDesk desk)
    {
        if (!Products.TryParse(product, out var wanted) || wanted == Product.Kernel)
            return TypedResults.Json(
                new ErrorAnswer { Error = "not-found", Message = $"There is no product '{product}' to check in for." },
                AgentJson.Default.ErrorAnswer,
                statusCode: StatusCodes.Status404NotFound);
        var request = await Json(context, AgentJson.Default.BuildIdsRequest);
        var ids = CheckinFacts.BuildIds(wanted, request.BuildIds);
        return desk.Userspace(request.ServerId, wanted, ids) is { } answer
            ? Whole(answer, AgentJson.Default.BuildIdsAnswer)
            : UnknownServer();
    }

    /// <summary>With its length, because simple agents read no chunks.</summary>
    private static FileContentHttpResult Whole<T>(T answer, JsonTypeInfo<T> type) =>
        TypedResults.Bytes(JsonSerializer.SerializeToUtf8Bytes(answer, type), "application/json");

    private static JsonHttpResult<ErrorAnswer> UnknownServer() => TypedResults.Json(
        new ErrorAnswer { Error = ErrorAnswer.UnknownServer, Message = "No server with this id is registered; register again." },
        AgentJson.Default.ErrorAnswer,
        statusCode: StatusCodes.Status401Unauthorized);

    private static async ValueTask<T> Json<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        // Read whole, which its size allows: the serializer's reading of streams lets null through where none may be.
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        try
        {
            return JsonSerializer.Deserialize(body.GetBuffer().AsSpan(0, (int)body.Length), type)
                ?? throw new RefusedException(Refusal.Invalid, "The body must be a JSON object.");
        }
        catch (JsonException e)
        {
            throw new RefusedException(Refusal.Invalid, $"The body is not the JSON this call takes, at {Where(e)}.");
        }
    }

    /// <summary>Paths hold names that the caller chose; only plain ones are repeated.</summary>
    private static string Where(JsonException e) =>
        e.Path is { Length: > 1 and < 100 } path && path.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '$' or '[' or ']')
            ? path[2..]
            : $"line {(e.LineNumber ?? 0) + 1}";
}
