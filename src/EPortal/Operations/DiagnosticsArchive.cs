using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using EPortal.Blobs;

namespace EPortal.Operations;

/// <summary>Diagnostics as one <c>.tar.gz</c> to send to somebody, readable by its owner alone.</summary>
internal static class DiagnosticsArchive
{
    /// <summary>Writes it; false when there is such a file already.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="folder">Name of the folder that it unpacks to.</param>
    /// <param name="texts">Its files by name.</param>
    /// <param name="now">Their time.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static bool Write(string path, string folder, IReadOnlyDictionary<string, string> texts, DateTimeOffset now)
    {
        using var archive = new MemoryStream();
        using (var packed = new GZipStream(archive, CompressionLevel.Optimal, leaveOpen: true))
        using (var tar = new TarWriter(packed))
        {
            foreach (var (name, text) in texts)
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"{folder}/{name}")
                {
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)),
                    Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                    ModificationTime = now,
                });
            }
        }

        return DurableFile.WriteNew(path, archive.ToArray());
    }
}
