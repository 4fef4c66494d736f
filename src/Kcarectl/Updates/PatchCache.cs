using System.Globalization;
using Kcarectl.Settings;

namespace Kcarectl.Updates;

/// <summary>Downloaded patches: a folder a kernel and level, readable by their owner alone.</summary>
internal sealed class PatchCache(AgentPaths paths)
{
    public string FolderOf(string kernelId, int level) =>
        Path.Combine(paths.CacheFolder, kernelId, level.ToString(CultureInfo.InvariantCulture));

    public string Prepare(string kernelId, int level)
    {
        AgentPaths.EnsureFolder(paths.CacheFolder);
        AgentPaths.EnsureFolder(Path.Combine(paths.CacheFolder, kernelId));
        var folder = FolderOf(kernelId, level);
        AgentPaths.EnsureFolder(folder);
        return folder;
    }

    /// <summary>Removes every patch but those of these levels of this kernel.</summary>
    public void KeepOnly(string kernelId, IEnumerable<int> levels)
    {
        var kept = levels.Select(l => FolderOf(kernelId, l)).ToHashSet(StringComparer.Ordinal);
        foreach (var kernel in Directory.EnumerateDirectories(paths.CacheFolder))
        {
            foreach (var level in Directory.EnumerateDirectories(kernel).Where(f => !kept.Contains(f)))
                Directory.Delete(level, recursive: true);
            if (!Directory.EnumerateFileSystemEntries(kernel).Any())
                Directory.Delete(kernel);
        }
    }
}
