using System.Text;
using Kcarectl.Cli;
using Kcarectl.Kernel;

namespace Kcarectl.Settings;

/// <summary>A file has its old or its new content, also after a power cut.</summary>
internal static class AtomicFile
{
    public static void Write(string path, string text, UnixFileMode mode) =>
        Write(path, Encoding.UTF8.GetBytes(text), mode);

    /// <summary>Makes sure that a file can be written, before something is done that it is to record.</summary>
    /// <exception cref="AgentException">It cannot.</exception>
    public static void RequireWritable(string path)
    {
        var file = new FileInfo(path);
        if (
            Directory.Exists(path)
            || (file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is { Exists: false })
        )
            throw new AgentException(ExitCode.Local, $"{path} is not a file; remove it and try again");
        try
        {
            var temporary = TemporaryOf(path);
            using (new FileStream(temporary, FileMode.Create, FileAccess.Write)) { }

            File.Delete(temporary);
            // A file that is immutable could not be replaced.
            if (file is { Exists: true, LinkTarget: null })
            {
                using (file.OpenWrite()) { }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AgentException(ExitCode.Local, $"cannot write {path}: {e.Message.TrimEnd('.')}");
        }
    }

    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        var temporary = TemporaryOf(path);
        try
        {
            File.Delete(temporary);
            using (
                var file = new FileStream(
                    temporary,
                    new FileStreamOptions
                    {
                        Mode = FileMode.CreateNew,
                        Access = FileAccess.Write,
                        UnixCreateMode = mode,
                    }
                )
            )
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
        NativeMethods.FlushFolder(Path.GetDirectoryName(path)!);
    }

    private static string TemporaryOf(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        return Path.Combine(folder, $".{Path.GetFileName(path)}.{Environment.ProcessId}");
    }
}
