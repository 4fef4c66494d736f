using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace EPortal.Operations;

/// <summary>Diagnostics as one <c>.tar.gz</c> to send to somebody, readable by its owner alone.</summary>
internal static class DiagnosticsArchive
{
    /// <summary>Writes it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="folder">Name of the folder that it unpacks to.</param>
    /// <param name="texts">Its files by name.</param>
    /// <param name="now">Their time.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(
        Stream output,
        string folder,
        IReadOnlyDictionary<string, string> texts,
        DateTimeOffset now
    )
    {
        using var packed = new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true);
        using var tar = new TarWriter(packed);
        foreach (var (name, text) in texts)
        {
            tar.WriteEntry(
                new PaxTarEntry(TarEntryType.RegularFile, $"{folder}/{name}")
                {
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)),
                    Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                    ModificationTime = now,
                }
            );
        }
    }
}
