using EPortal.Patchsets;
using Microsoft.Net.Http.Headers;

namespace EPortal.Agents;

/// <summary>Hands out a patch file: with a strong entity tag, which is its hash, and in ranges where it is on disk.</summary>
internal static class PatchFileAnswer
{
    private const string Binary = "application/octet-stream";

    /// <summary>The answer.</summary>
    public static IResult Of(Delivery delivery, HttpResponse response)
    {
        var tag = new EntityTagHeaderValue($"\"{delivery.Found.File.Sha256}\"");
        if (delivery.Arriving is not { } arriving)
            return TypedResults.PhysicalFile(delivery.Found.Path, Binary, entityTag: tag, enableRangeProcessing: true);
        response.ContentLength = delivery.Found.File.Size;
        return TypedResults.Stream(arriving, Binary, entityTag: tag);
    }
}
