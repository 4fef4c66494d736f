using System.Globalization;
using System.Text;

namespace EPortal.EndToEnd.Kernel;

/// <summary>
/// Writes the cpio form that the kernel unpacks as its first root file system ("newc", described in the kernel's
/// Documentation/driver-api/early-userspace/buffer-format.rst). Archives may follow one another in one file, so
/// files are added to a ready image by appending a second archive.
/// </summary>
internal static class CpioArchive
{
    private const int RegularFile = 0x8000;
    private const int Directory = 0x4000;
    private const int DirectoryMode = 0x1ED;

    public static void Append(Stream image, IEnumerable<GuestFile> files)
    {
        var inode = 0;
        var made = new HashSet<string>();
        foreach (var file in files)
        {
            foreach (var folder in Parents(file.Path).Where(made.Add))
                WriteMember(image, folder, Directory | DirectoryMode, ++inode, []);
            WriteMember(image, file.Path.TrimStart('/'), RegularFile | (int)file.Mode, ++inode, file.Content);
        }

        WriteMember(image, "TRAILER!!!", 0, 0, []);
    }

    private static IEnumerable<string> Parents(string path)
    {
        for (var slash = path.IndexOf('/', 1); slash > 0; slash = path.IndexOf('/', slash + 1))
            yield return path[1..slash];
    }

    private static void WriteMember(Stream image, string name, int mode, int inode, byte[] content)
    {
        var nameBytes = Encoding.UTF8.GetBytes(name + '\0');
        const int links = 1;
        int[] fields = [inode, mode, 0, 0, links, 0, content.Length, 0, 0, 0, 0, nameBytes.Length, 0];
        var header = "070701" + string.Concat(fields.Select(f => f.ToString("X8", CultureInfo.InvariantCulture)));
        image.Write(Encoding.ASCII.GetBytes(header));
        image.Write(nameBytes);
        Pad(image);
        image.Write(content);
        Pad(image);
    }

    private static void Pad(Stream image)
    {
        while (image.Position % 4 != 0)
            image.WriteByte(0);
    }
}
