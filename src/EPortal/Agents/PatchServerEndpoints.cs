using System.Buffers.Text;
using System.Globalization;
using EPortal.Api;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.Servers.CheckIns;

namespace EPortal.Agents;

/// <summary>The calls under <c>PATCH_SERVER</c>: levels, files, and whether a kernel is supported.</summary>
internal static class PatchServerEndpoints
{
    private const string Target = $"/{{target:{TargetConstraint.Name}}}";

    /// <summary>Route of patch files.</summary>
    public const string FileRoute = Target + "/{level:int:min(1)}/{file}";

    private const string LatestV1 = Target + "/latest.v1";
    private const string LatestV2 = Target + "/latest.v2";

    /// <summary>How long a patch file may be cached: its address names its content.</summary>
    public const string LongLived = "public, max-age=2592000";
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapLazily(LatestV1, Methods, Latest);
        routes.MapLazily(LatestV2, Methods, Latest);
        routes.MapLazily(Target + "/version", Methods, Version);
        routes.MapLazily(FileRoute, Methods, File);
    }

    /// <summary>
    /// The route of a path <c>/TARGET/latest.v1</c> or <c>v2</c> whose target is so long; null for others.
    /// </summary>
    public static string? LatestRouteOrNull(string path, int targetLength) =>
        path.Length != targetLength + "//latest.v1".Length ? null
        : path.EndsWith("/latest.v2", StringComparison.Ordinal) ? LatestV2
        : path.EndsWith("/latest.v1", StringComparison.Ordinal) ? LatestV1
        : null;

    private static async Task<IResult> Latest(string target, HttpContext context, AgentService agents)
    {
        var serverId = Caller.ServerIdOrNull(context.Request);
        var known = false;
        int? level = null;
        if (serverId is not null && FactsOrNull(context, target, serverId) is { } checkIn)
        {
            var outcome = await agents.CheckIn(serverId, checkIn);
            (known, level) = (outcome is not null, outcome?.Offer?.Level);
        }
        else
        {
            (known, var offer) = await agents.LookEverywhere(serverId, target);
            level = offer?.Level;
        }

        if (!known)
        {
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"patches\"";
            return TypedResults.Unauthorized();
        }

        return level is { } number
            ? TypedResults.Text(number.ToString(CultureInfo.InvariantCulture))
            : TypedResults.NotFound();
    }

    private static IResult Version(string target, AgentService agents) =>
        agents.IsSupported(target) ? TypedResults.Ok() : TypedResults.NotFound();

    private static async Task<IResult> File(
        string target,
        int level,
        string file,
        string? sha256,
        HttpContext context,
        PatchDelivery delivery
    )
    {
        if (
            !PatchFileName.IsValid(file)
            || await delivery.FindOrNull(new PatchFileRequest(target, level, file, sha256), context.RequestAborted)
                is not { } ready
        )
            return TypedResults.NotFound();
        context.Response.Headers.CacheControl = LongLived;
        return PatchFileAnswer.Of(ready, context.Response);
    }

    /// <summary>
    /// The check-in in a query string that is base16 or base64url of a JSON object. Any other query string is none; one
    /// of another server is refused.
    /// </summary>
    private static CheckIn? FactsOrNull(HttpContext context, string kernelId, string serverId)
    {
        if (context.Request.QueryString.Value is not ['?', .. { Length: > 0 } text] || Decode(text) is not { } json)
            return null;
        var dropped = new DroppedFields();
        var request = CheckInReader.Host(json, dropped);
        if (request.ServerId is not "" && request.ServerId != serverId)
            throw new RefusedException(Refusal.Invalid, "field server_id differs from the credentials");
        if (request.KernelId is not "" && !request.KernelId.Equals(kernelId, StringComparison.OrdinalIgnoreCase))
            dropped.Add("kernel_id", "differs from the address");
        return CheckInFacts.From(request with { KernelId = kernelId }, context.Address(), dropped);
    }

    /// <summary>Bytes that start like a JSON object, or null.</summary>
    private static byte[]? Decode(string text)
    {
        var isHex = text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit);
        var bytes =
            isHex ? Convert.FromHexString(text)
            : Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text)
            : [];
        return bytes is [(byte)'{', ..] ? bytes : null;
    }
}
