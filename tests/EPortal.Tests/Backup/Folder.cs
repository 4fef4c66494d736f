using System.Security.Cryptography;

namespace EPortal.Tests.Backup;

/// <summary>The content of a folder, to see that nothing changed.</summary>
internal static class Folder
{
    /// <summary>Each file with its hash, but for locks and what SQLite makes when somebody looks.</summary>
    public static IReadOnlyList<string> Content(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(path =>
                    !path.EndsWith(".lock", StringComparison.Ordinal)
                    && !path.EndsWith("-shm", StringComparison.Ordinal)
                )
                .Where(path => Path.GetFileName(path) != ".in-use")
                .Order(StringComparer.Ordinal)
                .Select(path =>
                    $"{Path.GetRelativePath(folder, path)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))}"
                ),
        ];
}
