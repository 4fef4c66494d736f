using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using EPortal.Agents;
using EPortal.Api;
using EPortal.Api.Guards;
using EPortal.Blobs;
using EPortal.Format;
using EPortal.Patchsets;
using Microsoft.AspNetCore.Http.HttpResults;
using EntityTagHeaderValue = Microsoft.Net.Http.Headers.EntityTagHeaderValue;

namespace EPortal.PatchSource;

/// <summary>The login that other portals need; both null for none.</summary>
internal sealed record RepositoryLogin(string? User, string? Password)
{
    /// <summary>Whether Basic credentials (RFC 7617) are these.</summary>
    public bool Matches(SecretAttempt attempt, string given)
    {
        attempt.Demand();
        var right = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));
        // Hashed first, so that not even the length shows in the time it takes.
        return CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(given)),
            SHA256.HashData(Encoding.UTF8.GetBytes(right))
        );
    }
}

/// <summary><c>/patch-source/</c>: this portal as a patch source of others.</summary>
internal static class RepositoryEndpoints
{
    private const string Binary = "application/octet-stream";
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = Group(routes);
        group.MapLazily(
            RepositoryLayout.Index,
            Methods,
            async (HttpContext context, PortalRepository repository) =>
                Current(context, (await repository.Index(context.RequestAborted)).Json, "application/json")
        );
        group.MapLazily(
            RepositoryLayout.Index + RepositoryLayout.SignatureSuffix,
            Methods,
            async (HttpContext context, PortalRepository repository) =>
                Current(context, (await repository.Index(context.RequestAborted)).Signature, "text/plain")
        );
        group.MapLazily("patches/{target}/{level:int:min(1)}/{file}", Methods, AnyPatch);
        group.MapLazily("descriptions/{patchset}/{target}/{level:int:min(1)}/{file}", Methods, Description);
        foreach (var folder in new[] { "archives", "manifests" })
            group.MapLazily(
                $"{folder}/{{file}}",
                Methods,
                (string file, HttpContext context, PortalRepository repository, FileIntegrity intact) =>
                    File($"{folder}/{file}", context, repository, intact)
            );
    }

    /// <summary>Calls below <c>/patch-source</c>, each with the login that is set.</summary>
    public static RouteGroupBuilder Group(IEndpointRouteBuilder routes) =>
        routes.MapGroup("/patch-source").AddEndpointFilter(RequireLogin);

    /// <summary>What changes: caches on the way have to ask each time whether their copy is still right.</summary>
    private static FileContentHttpResult Current(HttpContext context, byte[] content, string type)
    {
        context.Response.Headers.CacheControl = "no-cache";
        return TypedResults.Bytes(
            content,
            type,
            entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content))}\"")
        );
    }

    private static async Task<IResult> File(
        string path,
        HttpContext context,
        PortalRepository repository,
        FileIntegrity intact
    )
    {
        if (!(await repository.Index(context.RequestAborted)).Files.TryGetValue(path, out var published))
            return TypedResults.NotFound();
        if (!await intact.IsIntact(published.Path, published.Size, published.Sha256))
            throw new UnavailableException($"checksum mismatch of {path}, not served");
        return TypedResults.PhysicalFile(
            published.Path,
            Binary,
            entityTag: new EntityTagHeaderValue($"\"{published.Sha256}\""),
            enableRangeProcessing: true
        );
    }

    private static Task<IResult> AnyPatch(
        string target,
        int level,
        string file,
        HttpContext context,
        PatchDelivery delivery
    ) => Patch(null, target, level, file, context, delivery);

    private static Task<IResult> Description(
        string patchset,
        string target,
        int level,
        string file,
        HttpContext context,
        PatchDelivery delivery
    ) => Patch(patchset, target, level, file, context, delivery);

    private static async Task<IResult> Patch(
        string? patchset,
        string target,
        int level,
        string file,
        HttpContext context,
        PatchDelivery delivery
    ) =>
        PatchFileName.IsValid(file)
        && await delivery.FindOrNull(
            new PatchFileRequest(target, level, file, Patchset: patchset),
            context.RequestAborted
        )
            is { } ready
            ? PatchFileAnswer.Of(ready, context.Response)
            : TypedResults.NotFound();

    private static async ValueTask<object?> RequireLogin(
        EndpointFilterInvocationContext invocation,
        EndpointFilterDelegate next
    )
    {
        var context = invocation.HttpContext;
        var login = context.RequestServices.GetRequiredService<RepositoryLogin>();
        var guard = context.RequestServices.GetRequiredService<SecretGuards>().PatchSource;
        // Many programs call without credentials first; that is no guess.
        var outcome =
            login.User is null ? SecretOutcome.Right
            : GivenOrNull(context.Request) is not { } given ? SecretOutcome.Wrong
            : await guard.Try(
                context.Client(),
                "",
                given,
                attempt => login.Matches(attempt, given),
                context.RequestAborted
            );
        switch (outcome)
        {
            case SecretOutcome.Right:
                return await next(invocation);
            case SecretOutcome.Throttled:
                return guard.TooManyResult(context);
            default:
                context.Response.Headers.WWWAuthenticate = "Basic realm=\"patch source\"";
                return TypedResults.Unauthorized();
        }
    }

    private static string? GivenOrNull(HttpRequest request) =>
        AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var header)
        && header.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)
        && header.Parameter is { Length: > 0 } parameter
            ? parameter
            : null;
}
