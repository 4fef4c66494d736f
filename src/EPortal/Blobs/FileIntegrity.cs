using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Caching.Memory;

namespace EPortal.Blobs;

/// <summary>
/// Checks whether files are unchanged since their import. A file is hashed again when anything was written to it, and
/// otherwise every ten minutes of use, so that damage on disk is noticed before the file is served. The hashed content
/// of small ones is kept in memory and served from there; their files are checked once a second of use.
/// </summary>
internal sealed class FileIntegrity(TimeProvider time) : IDisposable
{
    /// <summary>Size of the cache: an entry counts for this much, and its content for its length.</summary>
    private const long MaxBytes = 64L * 1024 * 1024;

    private const int EntryBytes = 512;
    private const int SmallBytes = 1024 * 1024;

    private static readonly TimeSpan s_believed = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly MemoryCache _known = new(new MemoryCacheOptions { SizeLimit = MaxBytes });
    private readonly ConcurrentDictionary<(string Path, string Sha256, FileStamp Stamp), Lazy<Task<bool>>> _hashing =
    [];

    /// <summary>Whether a file is there with this size and SHA-256 (lower-case hex).</summary>
    public async ValueTask<bool> IsIntact(string path, long size, string sha256)
    {
        if (NativeFile.StampOrNull(path) is not { } stamp || stamp.Size != size)
            return false;
        if (KnownOrNull(path, stamp, sha256) is not null)
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

    /// <summary>Whether that is known without reading the file; its content, where it is small.</summary>
    public bool IsKnown(string path, long size, string sha256, out byte[]? content)
    {
        content = null;
        if (
            _known.Get(path) is Known { Content: { } kept } lately
            && lately.Sha256 == sha256
            && time.GetElapsedTime(lately.Looked) < s_look
        )
        {
            content = kept;
            return true;
        }

        if (
            NativeFile.StampOrNull(path) is not { } stamp
            || stamp.Size != size
            || KnownOrNull(path, stamp, sha256) is not { } known
        )
            return false;
        known.Looked = time.GetTimestamp();
        content = known.Content;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _known.Dispose();

    private Known? KnownOrNull(string path, FileStamp stamp, string sha256) =>
        _known.Get(path) is Known known
        && known.Stamp == stamp
        && known.Sha256 == sha256
        && time.GetUtcNow() < known.Until
            ? known
            : null;

    private async Task<bool> Hash(string path, FileStamp stamp, string sha256)
    {
        byte[]? content = null;
        try
        {
            await using var file = new FileStream(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete,
                0,
                useAsync: true
            );
            if (stamp.Size <= SmallBytes)
                await file.ReadExactlyAsync(content = new byte[stamp.Size]);
            var hash = content is null ? await SHA256.HashDataAsync(file) : SHA256.HashData(content);
            if (Convert.ToHexStringLower(hash) != sha256)
                return false;
        }
        catch (Exception e) when (e is FileNotFoundException or EndOfStreamException)
        {
            return false;
        }

        var entry = new Known(stamp, sha256, time.GetUtcNow() + s_believed, content, time.GetTimestamp());
        _known.Set(path, entry, new MemoryCacheEntryOptions { Size = EntryBytes + (content?.Length ?? 0) });
        return true;
    }

    private sealed class Known(FileStamp stamp, string sha256, DateTimeOffset until, byte[]? content, long looked)
    {
        private long _looked = looked;

        public FileStamp Stamp => stamp;

        public string Sha256 => sha256;

        public DateTimeOffset Until => until;

        public byte[]? Content => content;

        /// <summary>When the file was last checked, as a timestamp of the clock.</summary>
        public long Looked
        {
            get => Volatile.Read(ref _looked);
            set => Volatile.Write(ref _looked, value);
        }
    }
}
