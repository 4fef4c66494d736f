using EPortal.Patchsets;
using Microsoft.Net.Http.Headers;

namespace EPortal.Agents;

/// <summary>
/// Serves a patch file: with a strong entity tag, which is its hash, and in ranges when it is on disk.
/// </summary>
internal static class PatchFileAnswer
{
    /// <summary>Type of patch files.</summary>
    public const string Binary = "application/octet-stream";

    /// <summary>The entity tag of a file.</summary>
    public static string TagOf(PatchFileLocation found) => $"\"{found.File.Sha256}\"";

    /// <summary>The answer.</summary>
    public static IResult Of(Delivery delivery, HttpResponse response)
    {
        var tag = new EntityTagHeaderValue(TagOf(delivery.Found));
        if (delivery.Arriving is not { } arriving)
            return TypedResults.PhysicalFile(delivery.Found.Path, Binary, entityTag: tag, enableRangeProcessing: true);
        response.ContentLength = delivery.Found.File.Size;
        return TypedResults.Stream(arriving, Binary, entityTag: tag);
    }
}
