namespace EPortal.Blobs;

/// <summary>
/// Writes files so that after a crash there is the old content or the new one, whole. Files are 0600 unless said
/// otherwise.
/// </summary>
internal static class DurableFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes or replaces a file; when this returns, it is on disk.</summary>
    /// <exception cref="IOException">The disk is full or cannot be written; the old content stays.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode = OwnerOnly)
    {
        var temporary = WriteTemporary(path, content);
        File.SetUnixFileMode(temporary, mode);
        try
        {
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        SyncFolder(FolderOf(path));
    }

    /// <summary>Writes a file that is not there yet; false, and nothing changed, when another was first.</summary>
    public static bool WriteNew(string path, ReadOnlySpan<byte> content)
    {
        var temporary = WriteTemporary(path, content);
        try
        {
            if (!NativeFile.Link(temporary, path))
                return false;
        }
        finally
        {
            File.Delete(temporary);
        }

        SyncFolder(FolderOf(path));
        return true;
    }

    /// <summary>Flushes the names in a folder: .NET flushes files, but not folders.</summary>
    public static void SyncFolder(string folder)
    {
        using var handle = NativeFile.OpenForSync(folder);
        NativeFile.Sync(handle, folder);
    }

    /// <summary>Flushes everything written to the file system of this path: one call for many files.</summary>
    public static void SyncFileSystem(string path)
    {
        using var handle = NativeFile.OpenForSync(path);
        NativeFile.SyncFileSystem(handle, path);
    }

    private static string WriteTemporary(string path, ReadOnlySpan<byte> content)
    {
        var temporary = Path.Combine(FolderOf(path), $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using var stream = new FileStream(
                temporary,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    Share = FileShare.None,
                    UnixCreateMode = OwnerOnly,
                }
            );
            stream.Write(content);
            stream.Flush(flushToDisk: true);
            return temporary;
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static string FolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;
}
