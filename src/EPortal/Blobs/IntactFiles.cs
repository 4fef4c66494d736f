using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Caching.Memory;

namespace EPortal.Blobs;

/// <summary>
/// Tells whether files still are what they were when they came in. A file is hashed again when anything was written to it,
/// and otherwise every ten minutes of use, so that what rots on the disk is noticed before it is handed out.
/// </summary>
internal sealed class IntactFiles(TimeProvider time) : IDisposable
{
    private const int MaxKnown = 100_000;

    private static readonly TimeSpan s_believed = TimeSpan.FromMinutes(10);

    private readonly MemoryCache _known = new(new MemoryCacheOptions { SizeLimit = MaxKnown });
    private readonly ConcurrentDictionary<(string Path, string Sha256, FileStamp Stamp), Lazy<Task<bool>>> _hashing = [];

    /// <summary>Whether a file is there with this size and SHA-256 (lower-case hex).</summary>
    public async ValueTask<bool> IsIntact(string path, long size, string sha256)
    {
        if (NativeFile.StampOrNull(path) is not { } stamp || stamp.Size != size)
            return false;
        if (_known.Get(path) is Known known && known.Stamp == stamp && known.Sha256 == sha256 && time.GetUtcNow() < known.Until)
            return true;
        var wanted = (path, sha256, stamp);
        var hashing = _hashing.GetOrAdd(wanted, _ => new Lazy<Task<bool>>(() => Hash(path, stamp, sha256)));
        try
        {
            return await hashing.Value;
        }
        finally
        {
            _hashing.TryRemove(KeyValuePair.Create(wanted, hashing));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _known.Dispose();

    private async Task<bool> Hash(string path, FileStamp stamp, string sha256)
    {
        try
        {
            byte[] hash;
            await using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0, useAsync: true))
                hash = await SHA256.HashDataAsync(file);
            if (Convert.ToHexStringLower(hash) != sha256)
                return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }

        var entry = new Known(stamp, sha256, time.GetUtcNow() + s_believed);
        _known.Set(path, entry, new MemoryCacheEntryOptions { Size = 1 });
        return true;
    }

    private sealed record Known(FileStamp Stamp, string Sha256, DateTimeOffset Until);
}
