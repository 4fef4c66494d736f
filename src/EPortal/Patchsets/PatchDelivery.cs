using System.Collections.Concurrent;
using EPortal.Blobs;

namespace EPortal.Patchsets;

/// <summary>
/// A patch file ready to be served: on disk and intact, or being downloaded from the patch source.
/// </summary>
/// <param name="Found">What it is.</param>
/// <param name="Arriving">Its content as it arrives; null when it is on disk.</param>
internal sealed record Delivery(PatchFileLocation Found, Stream? Arriving);

/// <summary>Gets patch files for agents, and makes sure that no wrong byte is served.</summary>
internal sealed partial class PatchDelivery(
    PatchFileIndex shelf,
    FileIntegrity intact,
    Upstream upstream,
    TimeProvider time,
    ILogger<PatchDelivery> logger
) : IDisposable
{
    /// <summary>How exactly the last use of a file is noted.</summary>
    private static readonly TimeSpan s_use = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim _restoring = new(1);
    private readonly ConcurrentDictionary<string, PatchFileLocation> _damaged = new(StringComparer.Ordinal);

    /// <summary>Files requested since the start that are damaged and not restored yet.</summary>
    public IReadOnlyCollection<PatchFileLocation> Damaged => [.. _damaged.Values];

    /// <summary>The file of a patch, by what agents ask for; null when no patchset here has it.</summary>
    /// <exception cref="UnavailableException">It is known, but not available now.</exception>
    public async Task<Delivery?> FindOrNull(PatchFileRequest wanted, CancellationToken cancel)
    {
        if (shelf.FindOrNull(wanted) is not { } found)
            return null;
        if (await IsIntact(found))
            return Used(found);
        if (File.Exists(found.Path))
        {
            LogRotten(found.Path);
            _damaged[found.Path] = found;
        }

        if (!found.Whole)
            return new Delivery(found, await upstream.Open(found, cancel));
        await _restoring.WaitAsync(cancel);
        try
        {
            // Many may have asked at once, and an archive is unpacked for the first.
            if (!await IsIntact(found))
                await Restore(found, cancel);
        }
        finally
        {
            _restoring.Release();
        }

        return new Delivery(found, Arriving: null);
    }

    /// <inheritdoc/>
    public void Dispose() => _restoring.Dispose();

    /// <summary>
    /// The same without waiting: a file that is on disk and was recently found intact. Its content is included when it
    /// is small. False for everything else, which <see cref="FindOrNull"/> handles.
    /// </summary>
    public bool TryFind(PatchFileRequest wanted, out PatchFileLocation found, out byte[]? content)
    {
        content = null;
        found = shelf.FindOrNull(wanted)!;
        if (found is null || !intact.IsKnown(found.Path, found.File.Size, found.File.Sha256, out content))
            return false;
        Used(found);
        return true;
    }

    private ValueTask<bool> IsIntact(PatchFileLocation found) =>
        intact.IsIntact(found.Path, found.File.Size, found.File.Sha256);

    /// <summary>Restores a file from its archive, else from the patch source.</summary>
    private async Task Restore(PatchFileLocation found, CancellationToken cancel)
    {
        if (!await shelf.RestoreFromArchive(found, cancel))
        {
            await using var arriving = await upstream.Open(found, cancel);
            await arriving.CopyToAsync(Stream.Null, cancel);
        }

        if (!await IsIntact(found))
            throw new UnavailableException(
                $"checksum mismatch of {found.File.Name} of {found.Patchset}, not served; fetching it again failed"
            );
        _damaged.TryRemove(found.Path, out _);
        LogRestored(found.Path);
    }

    /// <summary>
    /// Files fetched one by one are kept for a time after their last use, which is recorded at the file.
    /// </summary>
    private Delivery Used(PatchFileLocation found)
    {
        if (!_damaged.IsEmpty)
            _damaged.TryRemove(found.Path, out _);
        if (!found.Whole)
            NoteUse(found.Path);
        return new Delivery(found, Arriving: null);
    }

    private void NoteUse(string path)
    {
        try
        {
            var now = time.GetUtcNow().UtcDateTime;
            if (now - File.GetLastAccessTimeUtc(path) > s_use)
                File.SetLastAccessTimeUtc(path, now);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // It was just deleted, so there is no use to record; a small one is in memory anyway.
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Checksum mismatch of {Path}, not served")]
    private partial void LogRotten(string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} was restored")]
    private partial void LogRestored(string path);
}
