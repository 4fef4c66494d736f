namespace EPortal.Data;

/// <summary>
/// Space that is put by while there is some, in a file beside the database. SQLite needs a little to open a database,
/// even for reading; a portal that starts on a full disk gives back a part of the reserve for that, and can serve.
/// </summary>
/// <param name="folder">Folder of the database.</param>
internal sealed class SpaceReserve(string folder)
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "eportal.reserve";

    /// <summary>Bytes of it.</summary>
    public const int Size = 1024 * 1024;

    /// <summary>Bytes that are given back at once: several times what opening takes.</summary>
    private const int Step = 256 * 1024;

    private const int Page = 4096;

    /// <summary>Free bytes from which the disk is not full.</summary>
    private const int Enough = 8 * Size;

    private string Path => System.IO.Path.Combine(folder, FileName);

    private long Free => new DriveInfo(folder).AvailableFreeSpace;

    /// <summary>Whether there is room to write again.</summary>
    public bool HasRoom => Free >= Enough;

    /// <summary>Whether there is next to nothing left.</summary>
    public bool IsDiskFull => Free < Step;

    /// <summary>Puts space by, where there is enough; what is put by already stays.</summary>
    /// <exception cref="IOException">The disk is full after all, or cannot be written.</exception>
    public void Fill()
    {
        var file = new FileInfo(Path);
        if ((file.Exists && file.Length >= Size) || !HasRoom)
            return;
        file.Delete();
        using var reserve = new FileStream(
            Path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                PreallocationSize = Size,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );
        reserve.SetLength(Size);
    }

    /// <summary>Gives a part of it back; false where the disk is not full, or nothing is left.</summary>
    public bool TryRelease()
    {
        var file = new FileInfo(Path);
        if (!IsDiskFull || !file.Exists || file.Length == 0)
            return false;
        using var reserve = new FileStream(Path, FileMode.Open, FileAccess.Write);
        reserve.SetLength(Math.Max(0, reserve.Length - Step));
        return true;
    }

    /// <summary>Takes back what was not needed, so that it lasts for many starts.</summary>
    public void TakeBack()
    {
        using var reserve = new FileStream(Path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        try
        {
            while (reserve.Length < Size)
                reserve.Write(new byte[Page]);
        }
        catch (IOException)
        {
            // That was all there is.
        }
    }
}
