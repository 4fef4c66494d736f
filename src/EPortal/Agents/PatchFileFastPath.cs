using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using EPortal.Format;
using EPortal.Patchsets;
using Microsoft.Win32.SafeHandles;

namespace EPortal.Agents;

/// <summary>
/// Serves patch files before the rest of the pipeline, small ones from memory; whole files only, to plain requests.
/// </summary>
internal sealed class PatchFileFastPath(PatchDelivery delivery, RequestMeter meter)
{
    /// <summary>
    /// Size of one read and send: much larger than the web server's own, each of which costs two system calls.
    /// </summary>
    private const int Piece = 128 * 1024;

    /// <summary>The pending answer; null where the ordinary path has to answer.</summary>
    public Task? AnswerOrNull(HttpContext context, string path)
    {
        var begun = Stopwatch.GetTimestamp();
        var headers = context.Request.Headers;
        if (
            headers.Range.Count
                + headers.IfNoneMatch.Count
                + headers.IfMatch.Count
                + headers.IfModifiedSince.Count
                + headers.IfUnmodifiedSince.Count
                + headers.IfRange.Count
                > 0
            || WantedOrNull(path) is not { } wanted
            || !delivery.TryFind(wanted, out var found, out var content)
        )
            return null;
        var file = content is null ? Open(found.Path) : null;
        if (content is null && file is null)
            return null;
        var response = context.Response;
        response.ContentType = PatchFileAnswer.Binary;
        response.ContentLength = found.File.Size;
        response.Headers.ETag = PatchFileAnswer.TagOf(found);
        response.Headers.AcceptRanges = "bytes";
        response.Headers.CacheControl = PatchServerEndpoints.LongLived;
        if (content is null)
            return Send(context, found, file!, begun);
        if (content.Length > Piece)
            return Send(context, content, begun);
        Write(response.BodyWriter, content);
        meter.CountFile(PatchServerEndpoints.FileRoute, response.StatusCode, begun, content.Length);
        return Task.CompletedTask;
    }

    /// <summary>In one buffer: one of the pipe's own each 4 KiB would make the kernel go through a list.</summary>
    private static void Write(PipeWriter writer, ReadOnlySpan<byte> piece)
    {
        piece.CopyTo(writer.GetSpan(piece.Length));
        writer.Advance(piece.Length);
    }

    private async Task Send(HttpContext context, byte[] content, long begun)
    {
        for (var sent = 0; sent < content.Length; sent += Piece)
        {
            var length = Math.Min(Piece, content.Length - sent);
            Write(context.Response.BodyWriter, content.AsSpan(sent, length));
            if ((await context.Response.BodyWriter.FlushAsync()).IsCompleted && sent + length < content.Length)
                return; // The host closed the connection.
        }

        meter.CountFile(PatchServerEndpoints.FileRoute, context.Response.StatusCode, begun, content.Length);
    }

    private static SafeFileHandle? Open(string path)
    {
        try
        {
            return File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // Deleted just now, or worse: the ordinary path handles it.
        }
    }

    private async Task Send(HttpContext context, PatchFileLocation found, SafeFileHandle file, long begun)
    {
        using var opened = file;
        await context.Response.StartAsync();
        var sent = 0L;
        while (sent < found.File.Size)
        {
            var memory = context.Response.BodyWriter.GetMemory((int)Math.Min(Piece, found.File.Size - sent));
            var read = RandomAccess.Read(
                file,
                memory.Span[..(int)Math.Min(memory.Length, found.File.Size - sent)],
                sent
            );
            if (read == 0)
            {
                context.Abort(); // The file got shorter; a partial answer must not look complete.
                return;
            }

            context.Response.BodyWriter.Advance(read);
            sent += read;
            if ((await context.Response.BodyWriter.FlushAsync()).IsCompleted && sent < found.File.Size)
                return; // The host closed the connection.
        }

        meter.CountFile(PatchServerEndpoints.FileRoute, context.Response.StatusCode, begun, found.File.Size);
    }

    private static PatchFileRequest? WantedOrNull(string path)
    {
        var (second, third) = (path.IndexOf('/', 1), path.LastIndexOf('/'));
        return
            second > 1
            && third > second
            && int.TryParse(
                path.AsSpan(second + 1, third - second - 1),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var level
            )
            && level > 0
            && path[1..second] is var target
            && TargetId.IsValid(Product.User, target)
            && path[(third + 1)..] is var file
            && PatchFileName.IsValid(file)
            ? new PatchFileRequest(target, level, file)
            : null;
    }
}
