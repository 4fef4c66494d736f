using EPortal.Blobs;
using EPortal.Format;

namespace EPortal.PatchSource;

/// <summary>Reads a file that is still being downloaded, as far as it may be read.</summary>
internal sealed class SharedDownloadStream(SharedDownload fetch) : ForwardStream
{
    private FileStream? _file;
    private long _position;
    private int? _beginning;

    /// <inheritdoc/>
    public override long Length => fetch.Size;

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var (until, beginning) = await fetch.Readable(_position, _beginning, cancellationToken);
        _beginning = beginning;
        var room = (int)Math.Min(buffer.Length, until - _position);
        if (room <= 0)
            return 0;
        _file ??= Open();
        var read = await _file.ReadAsync(buffer[..room], cancellationToken);
        if (read == 0)
            throw new IOException("the file is shorter than expected");
        _position += read;
        return read;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _file?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>The part keeps its identity when it gets its final name; only the name has to be found.</summary>
    private FileStream Open()
    {
        try
        {
            return Open(PartFile.PathOf(fetch.File));
        }
        catch (FileNotFoundException)
        {
            return Open(fetch.File);
        }
    }

    private static FileStream Open(string path) =>
        new(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete,
            bufferSize: 0,
            useAsync: true
        );
}
