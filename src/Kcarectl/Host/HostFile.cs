using Kcarectl.Settings;

namespace Kcarectl.Host;

/// <summary>Small text files of the kernel, of which some are not on every host.</summary>
internal static class HostFile
{
    private const int MaxLength = 256;

    /// <summary>The text without white space around it, cut after 256 characters.</summary>
    public static string ReadOrEmpty(AgentPaths paths, string relative)
    {
        var path = paths.Under(relative);
        var text = File.Exists(path) ? File.ReadAllText(path).Trim() : "";
        return text.Length > MaxLength ? text[..MaxLength] : text;
    }

    /// <summary>The first <c>name : value</c> of <c>/proc/cpuinfo</c>.</summary>
    public static string CpuField(AgentPaths paths, string name)
    {
        var path = paths.Under("proc/cpuinfo");
        foreach (var line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && line[..colon].Trim() == name)
                return line[(colon + 1)..].Trim();
        }
        return "";
    }
}
