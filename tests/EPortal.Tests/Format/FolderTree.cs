using System.Security.Cryptography;

namespace EPortal.Tests.Format;

/// <summary>All that is below a folder, as text: kind, mode, size and hash by path. Equal texts, equal trees.</summary>
internal static class FolderTree
{
    public static string Of(string root, Func<string, bool>? leaveOut = null) =>
        string.Join(
            '\n',
            Directory
                .EnumerateFileSystemEntries(
                    root,
                    "*",
                    new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }
                )
                .Select(path => Path.GetRelativePath(root, path))
                .Where(path => leaveOut?.Invoke(path) != true)
                .Order(StringComparer.Ordinal)
                .Select(path => $"{path} {Describe(Path.Combine(root, path))}")
        );

    private static string Describe(string path)
    {
        var info = new FileInfo(path);
        return info.LinkTarget is { } target ? $"-> {target}"
            : Directory.Exists(path) ? $"folder {File.GetUnixFileMode(path)}"
            : $"{info.Length} {File.GetUnixFileMode(path)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))}";
    }
}
