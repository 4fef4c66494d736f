using System.Net;
using System.Net.Http.Headers;

namespace EPortal.AgentClient;

/// <summary>Download of one file: part, resume, limits, hash, final name.</summary>
internal sealed class FileDownload(
    PortalTransport transport, PortalOptions options, Uri address, string path, long size, string sha256)
{
    private readonly string _part = path + ".part";
    private readonly string _name = Path.GetFileName(path);
    private bool _resumed;

    public async Task RunAsync(CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(TimeSpan.FromSeconds((double)size / options.LowestRate)
            + ((options.Timeout + options.LongestPause) * options.Attempts));
        _resumed = Have() > 0;
        try
        {
            await FetchAsync(deadline.Token);
            if (!await IsRightAsync(deadline.Token) && _resumed)
            {
                // The part may belong to another file: start again.
                await FetchAsync(deadline.Token);
                await IsRightAsync(deadline.Token);
            }
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new PortalException(PortalError.TooSlow, $"download of {_name} was too slow", e);
        }
        if (!File.Exists(_part))
            throw new PortalException(PortalError.WrongHash, $"checksum mismatch of {_name}: SHA-256 differs from the announced one");
        File.Move(_part, path, overwrite: true);
    }

    private async Task FetchAsync(CancellationToken cancel)
    {
        var most = 0L;
        for (var attempt = 1; ; attempt++)
        {
            var had = Have();
            most = Math.Max(most, had);
            if (had == size && File.Exists(_part))
                return;
            try
            {
                await TryOnceAsync(had, cancel);
                return;
            }
            catch (PortalException e) when (Have() > most && e.IsTransient)
            {
                attempt = 0; // There is progress; the deadline limits the total.
                await transport.PauseAsync(e, 1, cancel);
            }
            catch (PortalException e) when (transport.MayRepeat(e, attempt))
            {
                await transport.PauseAsync(e, attempt, cancel);
            }
            catch (PortalException e) when (had > 0 && (e.Code is PortalError.Refused or PortalError.BadAnswer))
            {
                File.Delete(_part); // The portal cannot resume (416): start again.
            }
        }
    }

    private long Have()
    {
        var part = new FileInfo(_part);
        return part.Exists && part.Length <= size ? part.Length : 0;
    }

    private async Task TryOnceAsync(long from, CancellationToken cancel)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        silence.CancelAfter(options.Timeout);
        await transport.OnceAsync(() => Request(from), async (answer, limit) =>
        {
            BoundedContent.RefuseEncoding(answer);
            var start = StartOf(answer, from);
            await CopyAsync(answer, start, silence, limit);
            return true;
        }, silence.Token, cancel);
    }

    private HttpRequestMessage Request(long from)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (from > 0)
        {
            request.Headers.Range = new RangeHeaderValue(from, null);
            // A portal's entity tag is the hash: anything else is sent whole.
            request.Headers.IfRange = new RangeConditionHeaderValue(new EntityTagHeaderValue($"\"{sha256}\""));
        }
        return request;
    }

    /// <summary>Where the body starts within the file; refuses an announced length that is not the right one.</summary>
    private long StartOf(HttpResponseMessage answer, long from)
    {
        var start = 0L;
        if (answer.StatusCode == HttpStatusCode.PartialContent)
        {
            var range = answer.Content.Headers.ContentRange;
            if (range?.From != from || (range.Length ?? size) != size)
                throw new PortalException(PortalError.BadAnswer, $"the portal sent the wrong range of {_name}");
            start = from;
        }
        if (answer.Content.Headers.ContentLength is { } length && length != size - start)
            throw WrongLength();
        return start;
    }

    private async Task CopyAsync(
        HttpResponseMessage answer, long start, CancellationTokenSource silence, CancellationToken limit)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(limit);
        await using var file = new FileStream(_part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 0);
        file.SetLength(start);
        file.Position = start;
        var buffer = new byte[128 * 1024];
        while (file.Position <= size)
        {
            var room = (int)Math.Min(buffer.Length, size - file.Position + 1);
            var read = await body.ReadAsync(buffer.AsMemory(0, room), limit);
            silence.CancelAfter(options.Timeout);
            if (read == 0)
                break;
            if (file.Position + read > size)
            {
                file.SetLength(0);
                throw WrongLength();
            }
            await file.WriteAsync(buffer.AsMemory(0, read), limit);
        }
        file.Flush(flushToDisk: true);
        if (file.Position < size)
            throw new PortalException(PortalError.Unreachable, $"download of {_name} was cut off after {file.Position} of {size} bytes");
    }

    private async Task<bool> IsRightAsync(CancellationToken cancel)
    {
        string hash;
        await using (var file = File.OpenRead(_part))
            hash = await FileHash.Sha256Async(file, cancel);
        if (hash == sha256)
            return true;
        File.Delete(_part);
        return false;
    }

    private PortalException WrongLength() =>
        new(PortalError.WrongLength, $"{_name} does not have the announced length of {size} bytes");
}
