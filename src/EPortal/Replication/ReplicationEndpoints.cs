using System.Text.Json;
using EPortal.Api;
using EPortal.Api.Guards;
using EPortal.Replication.Channel;
using EPortal.Replication.Wire;

namespace EPortal.Replication;

/// <summary><c>/replication/</c>: the calls of other nodes. Who has no shared key gets nothing but 401.</summary>
internal static class ReplicationEndpoints
{
    private const int MaxHello = 4096;
    private const int MaxRequest = 1024 * 1024;

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(PeerClient.Path).AllowAnonymous().ExcludeFromDescription();
        group.MapLazily("hello", [HttpMethods.Post], Begin).WithMetadata(new ReadsOwnBody());
        group.MapLazily("call/{session}", [HttpMethods.Post], Call).WithMetadata(new ReadsOwnBody());
    }

    private static async Task<IResult> Begin(
        HttpContext context,
        PeerSessions sessions,
        PeerService service,
        SecretGuards guards
    )
    {
        if (HelloOrNull(await Read(context, MaxHello)) is not { } hello)
            return TypedResults.BadRequest();
        var outcome = await guards.Replication.Try(
            context.Client(),
            "",
            Convert.ToHexString(hello.Proof),
            attempt => sessions.IsProof(attempt, hello),
            context.RequestAborted
        );
        return outcome == SecretOutcome.Right && sessions.Begin(service.Origin, hello) is { } welcome
            ? TypedResults.Json(welcome, MessagesJson.Default.Welcome)
            : TypedResults.Unauthorized();
    }

    private static async Task<IResult> Call(
        string session,
        HttpContext context,
        PeerSessions sessions,
        PeerService service
    )
    {
        if (sessions.FindOrNull(session) is not { } open)
            return TypedResults.StatusCode(StatusCodes.Status410Gone);
        try
        {
            var (number, request) = open.Open(await Read(context, MaxRequest));
            var answer = await service.Answer(request, context.RequestAborted);
            context.Response.Headers.CacheControl = "no-store";
            return TypedResults.Bytes(open.Seal(number, answer), "application/octet-stream");
        }
        catch (SealException)
        {
            return TypedResults.Unauthorized();
        }
    }

    private static Hello? HelloOrNull(byte[] body)
    {
        try
        {
            return
                JsonSerializer.Deserialize(body, MessagesJson.Default.Hello)
                    is { Node: not null, Nonce: not null, Key: not null, Proof: not null } hello
                ? hello
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Task<byte[]> Read(HttpContext context, int most) =>
        RequestBody
            .Read(
                context,
                async cancel =>
                {
                    using var kept = new MemoryStream();
                    var buffer = new byte[64 * 1024];
                    int read;
                    while ((read = await context.Request.Body.ReadAsync(buffer, cancel)) > 0)
                    {
                        if (kept.Length + read > most)
                            throw new Data.RefusedException(
                                Data.Refusal.Invalid,
                                $"a message between nodes has at most {most} bytes"
                            );
                        kept.Write(buffer, 0, read);
                    }

                    return kept.ToArray();
                }
            )
            .AsTask();
}
