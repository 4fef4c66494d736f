using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using EPortal.Format;

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
    SourceHttp http,
    string path,
    string file,
    long size,
    string sha256,
    IProgress<long>? progress = null
)
{
    private readonly PartFile _part = new(
        file,
        size,
        sha256,
        async (content, cancel) => Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancel))
    );

    /// <summary>Fetches it, unless it is there already.</summary>
    /// <exception cref="SourceException">The source failed, or what it sent is not this file.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        if (await _part.IsInPlaceAsync(cancel))
            return;
        var resumed = _part.Length > 0;
        await FetchAsync(cancel);
        if (!await _part.IsRightAsync(cancel))
        {
            // What was there before may have been the part of something else.
            if (!resumed || !await FetchAndCheckAsync(cancel))
                throw new SourceException(
                    SourceError.WrongHash,
                    $"checksum mismatch of {path} from the patch source: SHA-256 differs from its index"
                );
        }

        _part.Keep();
    }

    private async Task<bool> FetchAndCheckAsync(CancellationToken cancel)
    {
        await FetchAsync(cancel);
        return await _part.IsRightAsync(cancel);
    }

    private async Task FetchAsync(CancellationToken cancel)
    {
        using var patience = http.Patience(size, cancel);
        await http.RetryAsync(
            async token =>
            {
                var had = _part.Length;
                if (had == size)
                    return;
                var range = had > 0 ? new RangeHeaderValue(had, null) : null;
                await http.OnceAsync(
                    path,
                    range,
                    (answer, silence) => CopyAsync(answer, had, silence),
                    patience.Token,
                    token
                );
            },
            cancel
        );
    }

    private async Task<bool> CopyAsync(HttpResponseMessage answer, long had, StallTimeout silence)
    {
        var start =
            answer.StatusCode == HttpStatusCode.PartialContent && answer.Content.Headers.ContentRange?.From == had
                ? had
                : 0;
        if (answer.Content.Headers.ContentLength is { } length && length != size - start)
            throw WrongLength();
        await using var body = await answer.Content.ReadAsStreamAsync(silence.Token);
        var came = start;
        return await Copy(
            body,
            start,
            silence,
            part =>
            {
                silence.Broken((int)(part - came));
                came = part;
                progress?.Report(part);
            }
        ) switch
        {
            PartCopy.Whole => true,
            PartCopy.TooLong => throw WrongLength(),
            _ => throw new SourceException(
                SourceError.Unreachable,
                $"download of {path} was cut off after {_part.Length} of {size} bytes"
            ),
        };
    }

    /// <summary>Failures of the disk are separate from those of the connection, which are retried.</summary>
    private async Task<PartCopy> Copy(Stream body, long start, StallTimeout silence, Action<long> told)
    {
        try
        {
            return await _part.CopyAsync(body, start, told, silence.Token);
        }
        catch (PartWriteException e)
        {
            throw new SourceException(
                SourceError.DiskFailed,
                $"{path} of the patch source cannot be stored: {e.Message}",
                e
            );
        }
    }

    private SourceException WrongLength() =>
        new(
            SourceError.WrongLength,
            $"{path} from the patch source does not have the announced length of {size} bytes"
        );
}
