using System.Security.Cryptography;

namespace EPortal.Blobs;

/// <summary>
/// A file that only takes space, so that there is some to give up when the disk is full: a database cannot even be
/// opened without room for its log and the log's index.
/// </summary>
internal static class DiskReserve
{
    /// <summary>Bytes, enough to open the database and for some thousand check-ins.</summary>
    public const int Size = 2 << 20;

    private const string FileName = ".reserve";

    /// <summary>
    /// Makes it where it is missing and there is room for it and for <paramref name="free"/> bytes more.
    /// </summary>
    public static void Make(string folder, long free)
    {
        var path = Path.Combine(folder, FileName);
        if (File.Exists(path))
            return;
        try
        {
            if (new DriveInfo(folder).AvailableFreeSpace < free + Size)
                return;
            // Not zeros, which some file systems keep without taking space.
            DurableFile.Write(path, RandomNumberGenerator.GetBytes(Size));
        }
        catch (IOException)
        {
            // Whatever is in the way is told by those who need the disk; this can wait for the next time.
        }
    }

    /// <summary>Gives the space up; false when there is none.</summary>
    public static bool Release(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return false;
        File.Delete(path);
        return true;
    }
}
