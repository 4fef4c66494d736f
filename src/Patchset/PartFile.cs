namespace EPortal.Format;

/// <summary>How the copy of a body into a part ended.</summary>
public enum PartCopy
{
    /// <summary>The part has the length of the file.</summary>
    Whole,

    /// <summary>The body ended too soon; what came of it is kept.</summary>
    Cut,

    /// <summary>The body is longer than the file; nothing of it is kept.</summary>
    TooLong,
}

/// <summary>The disk failed while a part was written, as opposed to the connection that it came from.</summary>
public sealed class PartWriteException(IOException inner) : IOException(inner.Message, inner);

/// <summary>
/// A file that is being downloaded: kept as a part beside its final name, resumed after a break, in place only when its
/// length and hash are right.
/// </summary>
/// <param name="path">Where it goes.</param>
/// <param name="size">Its length in bytes.</param>
/// <param name="sha256">Its SHA-256, lower-case hex.</param>
/// <param name="hash">Computes that of what is left in a stream: the agent does so without OpenSSL, which a host may
/// lack.</param>
public sealed class PartFile(string path, long size, string sha256, Func<Stream, CancellationToken, Task<string>> hash)
{
    private const int BufferSize = 128 * 1024;

    private readonly string _part = PathOf(path);

    /// <summary>Where the part of a file is kept.</summary>
    public static string PathOf(string path) => path + ".part";

    /// <summary>Bytes that the part has; 0 where there is none, or one that is longer than the file.</summary>
    public long Length => new FileInfo(_part) is { Exists: true } part && part.Length <= size ? part.Length : 0;

    /// <summary>Whether there is a part that has the length of the file.</summary>
    public bool IsComplete => File.Exists(_part) && Length == size;

    /// <summary>Writes what comes to the part, no more than the file has.</summary>
    /// <param name="body">What comes.</param>
    /// <param name="start">Where it begins within the file; what the part has behind that is dropped.</param>
    /// <param name="progress">Told how long the part is, at the beginning and after each piece.</param>
    /// <param name="cancel">Ends it; what has come until then is kept.</param>
    /// <exception cref="PartWriteException">The disk failed.</exception>
    /// <exception cref="IOException">The connection failed.</exception>
    public async Task<PartCopy> CopyAsync(Stream body, long start, Action<long>? progress, CancellationToken cancel)
    {
        await using var part = OnDisk(() => Open(start));
        progress?.Invoke(start);
        var buffer = new byte[BufferSize];
        int read;
        while (
            (
                read = await body.ReadAsync(
                    buffer.AsMemory(0, (int)Math.Min(BufferSize, size - part.Position + 1)),
                    cancel
                )
            ) > 0
        )
        {
            if (part.Position + read > size)
            {
                OnDisk(() => Cut(part));
                return PartCopy.TooLong;
            }

            OnDisk(() => Write(part, buffer.AsSpan(0, read)));
            progress?.Invoke(part.Position);
        }

        OnDisk(() => Flush(part));
        return part.Position == size ? PartCopy.Whole : PartCopy.Cut;
    }

    /// <summary>Whether the part is the file; a part that is not is deleted.</summary>
    public async Task<bool> IsRightAsync(CancellationToken cancel)
    {
        if (await IsAsync(_part, cancel))
            return true;
        File.Delete(_part);
        return false;
    }

    /// <summary>Whether the file is in place already.</summary>
    public Task<bool> IsInPlaceAsync(CancellationToken cancel) => IsAsync(path, cancel);

    /// <summary>Deletes the part.</summary>
    public void Delete() => File.Delete(_part);

    /// <summary>Gives the part its final name.</summary>
    public void Keep() => File.Move(_part, path, overwrite: true);

    private async Task<bool> IsAsync(string file, CancellationToken cancel)
    {
        if (new FileInfo(file) is not { Exists: true } found || found.Length != size)
            return false;
        await using var content = found.OpenRead();
        return await hash(content, cancel) == sha256;
    }

    private FileStream Open(long start)
    {
        // Without a buffer, so that others can read what has come.
        var part = new FileStream(_part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        part.SetLength(start);
        part.Position = start;
        return part;
    }

    private static bool Cut(FileStream part)
    {
        part.SetLength(0);
        return true;
    }

    private static bool Write(FileStream part, ReadOnlySpan<byte> piece)
    {
        part.Write(piece);
        return true;
    }

    private static bool Flush(FileStream part)
    {
        part.Flush(flushToDisk: true);
        return true;
    }

    private static T OnDisk<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (IOException e)
        {
            throw new PartWriteException(e);
        }
    }
}
