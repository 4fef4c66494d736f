using EPortal.Blobs;
using EPortal.Cli;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>Writes archives to files that appear whole or not at all.</summary>
internal static class ArchiveFile
{
    private const int MaxSmall = 1024 * 1024;

    private static readonly (string Ending, Compression Compression)[] Endings =
    [
        (".tar.bz2", Compression.Bzip2),
        (".tar.gz", Compression.Gzip),
        (".tar.zst", Compression.Zstd),
        (".tar", Compression.None),
    ];

    /// <summary>The usual ending of a compression.</summary>
    public static string EndingOf(Compression compression) => Endings.Single(e => e.Compression == compression).Ending;

    /// <summary>Opens an archive by its path; <c>-</c> is standard input.</summary>
    /// <exception cref="CliException">It is not a file that can be read.</exception>
    public static Stream OpenOrInput(CliContext context, string path) => path == "-" ? context.OpenInput() : Open(path);

    /// <summary>Opens a file by its path; only a regular one, because others may never end or never begin.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="what">What it should be, with its article.</param>
    /// <exception cref="CliException">It is not a file that can be read.</exception>
    public static FileStream Open(string path, string what = "an archive")
    {
        if (path.Length == 0)
            throw new CliException("the path is empty");
        if (Directory.Exists(path))
            throw new CliException($"{path} is a folder, not {what}");
        if (!File.Exists(path))
            throw new CliException($"file not found: {path}");
        try
        {
            return new FileStream(NativeFile.OpenRegular(path), FileAccess.Read);
        }
        catch (IOException e)
        {
            throw new CliException(e.Message);
        }
    }

    /// <summary>Reads a file by its path: at most 1 MiB.</summary>
    /// <exception cref="CliException">It is not a file that can be read, or larger.</exception>
    public static byte[] ReadBytes(string path)
    {
        using var file = Open(path, "a file");
        var content = new byte[MaxSmall + 1];
        var length = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        return length <= MaxSmall
            ? content[..length]
            : throw new CliException($"{path} is larger than {MaxSmall} bytes");
    }

    /// <summary>Reads a UTF-8 text file by its path.</summary>
    /// <exception cref="CliException">It is not a file that can be read, or larger than 1 MiB.</exception>
    public static string ReadText(string path) => new StreamReader(new MemoryStream(ReadBytes(path))).ReadToEnd();

    /// <summary>Makes sure that the folder of an output file exists.</summary>
    /// <exception cref="CliException">There is no such folder.</exception>
    public static void RefuseWithoutFolder(string path)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder && !Directory.Exists(folder))
            throw new CliException($"folder not found: {folder}");
    }

    /// <summary>Builds into a file; its ending says how to compress.</summary>
    /// <exception cref="CliException">The ending is not one that is known.</exception>
    /// <exception cref="PatchsetException">What was given does not make a good patchset.</exception>
    public static async Task<Manifest> WriteAsync(
        string path,
        PatchsetBuilder builder,
        MinisignSecretKey? key,
        CancellationToken cancel
    )
    {
        var compression =
            Endings
                .Where(e => path.EndsWith(e.Ending, StringComparison.Ordinal))
                .Select(e => (Compression?)e.Compression)
                .FirstOrDefault()
            ?? throw new CliException($"{path} must end in .tar, .tar.gz, .tar.bz2 or .tar.zst");
        RefuseWithoutFolder(path);
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            Manifest manifest;
            await using (var file = File.Create(temporary))
            {
                manifest = await builder.WriteAsync(file, compression, key, cancel);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
            return manifest;
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
