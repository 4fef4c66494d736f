using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace EPortal.PatchSource;

/// <summary>
/// Download of one file from a patch source: kept as a part, resumed after a break, in place only when its length and
/// hash are right.
/// </summary>
/// <param name="http">The source.</param>
/// <param name="path">Below its root.</param>
/// <param name="file">Where it goes; the part lies beside it.</param>
/// <param name="size">Its length in bytes.</param>
/// <param name="sha256">Its hash, lower-case hex.</param>
/// <param name="progress">Told how many bytes the part has; fewer than before when it had to begin again.</param>
internal sealed class SourceDownload(
    SourceHttp http, string path, string file, long size, string sha256, IProgress<long>? progress = null)
{
    private const int Buffer = 128 * 1024;

    private string Part { get; } = PartOf(file);

    /// <summary>Where a file is kept until it is whole.</summary>
    public static string PartOf(string file) => file + ".part";

    /// <summary>Fetches it, unless it is there already.</summary>
    /// <exception cref="SourceException">The source failed, or what it sent is not this file.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        if (await IsAsync(file, cancel))
            return;
        var resumed = Have() > 0;
        await FetchAsync(cancel);
        if (!await IsRightAsync(cancel))
        {
            // What was there before may have been the part of something else.
            if (!resumed || !await FetchAndCheckAsync(cancel))
                throw new SourceException(
                    SourceError.WrongHash, $"checksum mismatch of {path} from the patch source: SHA-256 differs from its index");
        }

        File.Move(Part, file, overwrite: true);
    }

    private async Task<bool> FetchAndCheckAsync(CancellationToken cancel)
    {
        await FetchAsync(cancel);
        return await IsRightAsync(cancel);
    }

    private async Task FetchAsync(CancellationToken cancel)
    {
        using var patience = http.Patience(size, cancel);
        await http.RetryAsync(async token =>
        {
            var had = Have();
            if (had == size)
                return;
            var range = had > 0 ? new RangeHeaderValue(had, null) : null;
            await http.OnceAsync(path, range, (answer, silence) => CopyAsync(answer, had, silence), patience.Token, token);
        }, cancel);
    }

    private long Have()
    {
        var part = new FileInfo(Part);
        return part.Exists && part.Length <= size ? part.Length : 0;
    }

    private async Task<bool> CopyAsync(HttpResponseMessage answer, long had, StallTimeout silence)
    {
        var start = answer.StatusCode == HttpStatusCode.PartialContent && answer.Content.Headers.ContentRange?.From == had ? had : 0;
        if (answer.Content.Headers.ContentLength is { } length && length != size - start)
            throw WrongLength();
        await using var body = await answer.Content.ReadAsStreamAsync(silence.Token);
        await using var part = Open(start);
        progress?.Report(start);
        var buffer = new byte[Buffer];
        int read;
        while ((read = await body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(Buffer, size - part.Position + 1)), silence.Token)) > 0)
        {
            silence.Broken(read);
            if (part.Position + read > size)
            {
                part.SetLength(0);
                throw WrongLength();
            }

            await Write(part, buffer.AsMemory(0, read), silence.Token);
            progress?.Report(part.Position);
        }

        await Write(part, ReadOnlyMemory<byte>.Empty, silence.Token);
        return part.Position == size
            ? true
            : throw new SourceException(SourceError.Unreachable, $"download of {path} was cut off after {part.Position} of {size} bytes");
    }

    private FileStream Open(long start)
    {
        try
        {
            var part = new FileStream(Part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            part.SetLength(start);
            part.Position = start;
            return part;
        }
        catch (IOException e)
        {
            throw NotKept(e);
        }
    }

    /// <summary>Writes a piece; an empty piece flushes the file. Failures of the disk are separate from those of the
    /// connection, which are retried.</summary>
    private async Task Write(FileStream part, ReadOnlyMemory<byte> piece, CancellationToken cancel)
    {
        try
        {
            if (piece.IsEmpty)
                part.Flush(flushToDisk: true);
            else
                await part.WriteAsync(piece, cancel);
        }
        catch (IOException e)
        {
            throw NotKept(e);
        }
    }

    private SourceException NotKept(IOException e) =>
        new(SourceError.DiskFailed, $"{path} of the patch source cannot be stored: {e.Message}", e);

    private async Task<bool> IsRightAsync(CancellationToken cancel)
    {
        if (await IsAsync(Part, cancel))
            return true;
        File.Delete(Part);
        return false;
    }

    private async Task<bool> IsAsync(string path, CancellationToken cancel)
    {
        if (new FileInfo(path) is not { Exists: true } found || found.Length != size)
            return false;
        await using var content = found.OpenRead();
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancel)) == sha256;
    }

    private SourceException WrongLength() => new(
        SourceError.WrongLength, $"{path} from the patch source does not have the announced length of {size} bytes");
}
