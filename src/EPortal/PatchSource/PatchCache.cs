using System.Collections.Concurrent;
using EPortal.Blobs;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>
/// Patch files fetched when an agent first asks: one download however many ask at once, all of whom read it while it
/// arrives.
/// </summary>
/// <param name="client">The source.</param>
/// <param name="intact">Tells what is here already.</param>
/// <param name="patience">How long an agent waits for the first bytes; the download goes on without it.</param>
/// <param name="time">The clock.</param>
/// <param name="refs">Keeps what downloads need until they have ended.</param>
/// <param name="stopping">Ends the downloads.</param>
internal sealed class PatchCache(
    SourceClient client,
    FileIntegrity intact,
    TimeSpan patience,
    TimeProvider time,
    RefCount refs,
    CancellationToken stopping
)
{
    private readonly ConcurrentDictionary<string, Lazy<SharedDownload>> _running = new(StringComparer.Ordinal);

    /// <summary>Opens a file that is not here, once its first bytes are.</summary>
    /// <exception cref="UnavailableException">The patch source does not give it.</exception>
    public async Task<Stream> Open(PatchFileLocation file, CancellationToken cancel)
    {
        var fetch = _running.GetOrAdd(file.Path, _ => new Lazy<SharedDownload>(() => Start(file))).Value;
        try
        {
            await fetch.Begun(cancel).WaitAsync(patience, time, cancel);
        }
        catch (TimeoutException e)
        {
            throw new UnavailableException(
                $"{file.File.Name} of {file.Patchset} is not available now: the patch source is slow",
                e
            );
        }
        catch (IOException e)
        {
            throw new UnavailableException(
                $"{file.File.Name} of {file.Patchset} is not available now: {e.InnerException?.Message}",
                e
            );
        }

        return new SharedDownloadStream(fetch);
    }

    private SharedDownload Start(PatchFileLocation file)
    {
        var fetch = new SharedDownload(file.Path, file.File.Size);
        // Who asked may be gone before the file has come, and the source may be another by then.
        var use = refs.BeginOrNull();
        // Not the caller's to cancel: others read along, and the file is wanted even when all have gone.
        _ = Task.Run(() => Run(file, fetch, use), CancellationToken.None);
        return fetch;
    }

    private async Task Run(PatchFileLocation file, SharedDownload fetch, IDisposable? use)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file.Path)!);
            // Another download may have put it in place between this one's caller's look and now.
            if (!await intact.IsIntact(file.Path, file.File.Size, file.File.Sha256))
                await client.FetchFile(file.SourcePaths, file.Path, file.File, fetch, stopping);
            fetch.Complete();
        }
        catch (Exception e)
        {
            fetch.Fail(e);
        }
        finally
        {
            _running.TryRemove(file.Path, out _);
            use?.Dispose();
        }
    }
}
