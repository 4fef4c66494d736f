using EPortal.Blobs;

namespace EPortal.Hosting;

/// <summary>
/// Files that people name on a command line: regular ones, for reading anything else may never end or never begin.
/// </summary>
internal static class NamedFile
{
    /// <summary>Its text.</summary>
    /// <exception cref="IOException">It is none, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static string ReadText(string path)
    {
        NativeFile.RequireRegular(path);
        return File.ReadAllText(path);
    }
}
