using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.Agents;

/// <summary>
/// Hands out small patch files from memory, ahead of the rest of the pipeline; whole ones only, to those who ask for nothing special.
/// </summary>
internal sealed class FileLane(PatchDelivery delivery, RequestMeter meter)
{
    /// <summary>Hands it out; false where the ordinary way has to.</summary>
    public bool TryAnswer(HttpContext context, string path)
    {
        var begun = Stopwatch.GetTimestamp();
        var headers = context.Request.Headers;
        if (headers.Range.Count + headers.IfNoneMatch.Count + headers.IfMatch.Count + headers.IfModifiedSince.Count + headers.IfUnmodifiedSince.Count + headers.IfRange.Count > 0
            || WantedOrNull(path) is not { } wanted
            || !delivery.TryFind(wanted, out var found, out var content)
            || content is null)
            return false;
        var response = context.Response;
        response.ContentType = PatchFileAnswer.Binary;
        response.ContentLength = content.Length;
        response.Headers.ETag = PatchFileAnswer.TagOf(found);
        response.Headers.AcceptRanges = "bytes";
        response.Headers.CacheControl = PatchServerEndpoints.LongLived;
        response.BodyWriter.Write(content);
        meter.CountFile(PatchServerEndpoints.FileRoute, response.StatusCode, begun, content.Length);
        return true;
    }

    private static WantedFile? WantedOrNull(string path)
    {
        var (second, third) = (path.IndexOf('/', 1), path.LastIndexOf('/'));
        return second > 1 && third > second
            && int.TryParse(path.AsSpan(second + 1, third - second - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var level) && level > 0
            && path[1..second] is var target && TargetId.IsValid(Product.User, target)
            && path[(third + 1)..] is var file && PatchFileName.IsValid(file)
            ? new WantedFile(target, level, file)
            : null;
    }
}
