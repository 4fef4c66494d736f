using System.Security.Cryptography;

namespace EPortal.Format;

/// <summary>Hashes the content of members and writes it to a folder, or nowhere when it is only checked.</summary>
internal sealed class MemberSink(string? folder)
{
    private const int BufferLength = 128 * 1024;

    private const UnixFileMode OwnerFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly FileStreamOptions OwnerFile = new()
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        Share = FileShare.None,
        BufferSize = 0,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    };

    private readonly byte[] _buffer = new byte[BufferLength];

    /// <summary>Bytes taken so far.</summary>
    public long Total { get; private set; }

    /// <summary>Copies a member and returns what it was.</summary>
    public async Task<FileEntry> CopyAsync(string name, Stream content, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = Create(name);
        var size = 0L;
        for (
            var read = await content.ReadAsync(_buffer, cancel);
            read > 0;
            read = await content.ReadAsync(_buffer, cancel)
        )
        {
            hash.AppendData(_buffer, 0, read);
            await file.WriteAsync(_buffer.AsMemory(0, read), cancel);
            size += read;
        }

        Total += size;
        return new FileEntry(size, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Writes content that is in memory.</summary>
    public async Task<FileEntry> WriteAsync(string name, byte[] content, CancellationToken cancel)
    {
        using var stream = new MemoryStream(content);
        return await CopyAsync(name, stream, cancel);
    }

    /// <summary>The names come from a checked manifest, so they stay inside the folder.</summary>
    private Stream Create(string name)
    {
        if (folder is null)
            return Stream.Null;
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, OwnerFolder);
        return new FileStream(path, OwnerFile);
    }
}
