using System.Net;
using System.Net.Http.Headers;
using EPortal.Format;

namespace EPortal.AgentClient;

/// <summary>Download of one file: part, resume, limits, hash, final name.</summary>
internal sealed class FileDownload(
    PortalTransport transport,
    PortalOptions options,
    Uri address,
    string path,
    long size,
    string sha256
)
{
    private readonly PartFile _part = new(path, size, sha256, FileHash.Sha256Async);
    private readonly string _name = Path.GetFileName(path);
    private bool _resumed;

    public async Task RunAsync(CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(
            TimeSpan.FromSeconds((double)size / options.LowestRate)
                + ((options.Timeout + options.LongestPause) * options.Attempts)
        );
        _resumed = _part.Length > 0;
        try
        {
            await FetchAsync(deadline.Token);
            var isRight = await _part.IsRightAsync(deadline.Token);
            if (!isRight && _resumed)
            {
                // The part may belong to another file: start again.
                await FetchAsync(deadline.Token);
                isRight = await _part.IsRightAsync(deadline.Token);
            }
            if (!isRight)
                throw new PortalException(
                    PortalError.WrongHash,
                    $"checksum mismatch of {_name}: SHA-256 differs from the announced one"
                );
            _part.Keep();
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new PortalException(PortalError.TooSlow, $"download of {_name} was too slow", e);
        }
    }

    private async Task FetchAsync(CancellationToken cancel)
    {
        var most = 0L;
        for (var attempt = 1; ; attempt++)
        {
            var had = _part.Length;
            most = Math.Max(most, had);
            if (_part.IsComplete)
                return;
            try
            {
                await TryOnceAsync(had, cancel);
                return;
            }
            catch (PortalException e) when (_part.Length > most && e.IsTransient)
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
                _part.Delete(); // The portal cannot resume (416): start again.
            }
        }
    }

    private async Task TryOnceAsync(long from, CancellationToken cancel)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        silence.CancelAfter(options.Timeout);
        await transport.OnceAsync(
            () => Request(from),
            async (answer, limit) =>
            {
                BoundedContent.RefuseEncoding(answer);
                var start = StartOf(answer, from);
                await CopyAsync(answer, start, silence, limit);
                return true;
            },
            silence.Token,
            cancel
        );
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
        HttpResponseMessage answer,
        long start,
        CancellationTokenSource silence,
        CancellationToken limit
    )
    {
        await using var body = await answer.Content.ReadAsStreamAsync(limit);
        switch (await _part.CopyAsync(body, start, _ => silence.CancelAfter(options.Timeout), limit))
        {
            case PartCopy.TooLong:
                throw WrongLength();
            case PartCopy.Cut:
                throw new PortalException(
                    PortalError.Unreachable,
                    $"download of {_name} was cut off after {_part.Length} of {size} bytes"
                );
        }
    }

    private PortalException WrongLength() =>
        new(PortalError.WrongLength, $"{_name} does not have the announced length of {size} bytes");
}
