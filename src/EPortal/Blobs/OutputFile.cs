using Microsoft.Win32.SafeHandles;

namespace EPortal.Blobs;

/// <summary>
/// An output file of a command. It is opened before the program drops root's rights, so it may be where the portal's
/// own user may not write; no link is followed. If it is not kept it is deleted, or emptied where deleting is no longer
/// allowed.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private readonly string _path;
    private readonly string _written;
    private readonly Action<string> _tell;
    private readonly SafeFileHandle _folder;
    private bool _isKept;

    private OutputFile(string path, string written, Action<string> tell)
    {
        (_path, _written, _tell) = (path, written, tell);
        // Later there may not be the rights to.
        _folder = NativeFile.OpenForSync(Path.GetDirectoryName(Path.GetFullPath(path))!);
        // CreateNew is O_CREAT | O_EXCL: it fails on a link too, wherever that leads.
        Content = new FileStream(
            _written,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );
    }

    /// <summary>What goes into it.</summary>
    public FileStream Content { get; }

    /// <summary>Begins a file that is not there yet.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tell">Called when an empty file is left behind.</param>
    /// <returns>Null when the name exists, even as a link.</returns>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static OutputFile? CreateOrNull(string path, Action<string> tell)
    {
        try
        {
            return new OutputFile(path, path, tell);
        }
        catch (IOException) when (IsTaken(path))
        {
            return null;
        }
    }

    /// <summary>
    /// Begins a file under another name, which gets its own when it is kept, so that it is whole or not there: for who
    /// keeps its rights. What killed processes left there under such names is deleted.
    /// </summary>
    /// <inheritdoc cref="CreateOrNull"/>
    public static OutputFile? CreateBesideOrNull(string path, Action<string> tell)
    {
        if (IsTaken(path))
            return null;
        UnfinishedFile.Sweep(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return new OutputFile(path, UnfinishedFile.NameFor(path), tell);
    }

    /// <summary>Keeps it: when this returns, it is on disk under its name.</summary>
    /// <exception cref="IOException">The disk failed or is full, or the name is taken by now.</exception>
    public void Keep()
    {
        Content.Flush(flushToDisk: true);
        if (_written != _path)
            File.Move(_written, _path, overwrite: false);
        NativeFile.Sync(_folder, _path);
        _isKept = true;
    }

    /// <summary>Deletes it, unless it was kept.</summary>
    public void Dispose()
    {
        _folder.Dispose();
        if (!_isKept)
            Remove();
        try
        {
            Content.Dispose();
        }
        catch (IOException) when (!_isKept)
        {
            // The failed file is not needed any more; the error is already being reported.
        }
    }

    /// <summary>By anything: a file, a device, a link that leads nowhere.</summary>
    private static bool IsTaken(string path) => Path.Exists(path) || new FileInfo(path).LinkTarget is not null;

    private void Remove()
    {
        try
        {
            File.Delete(_written);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Content.SetLength(0);
            _tell($"{_written} is left empty: only root can delete it");
        }
    }
}
