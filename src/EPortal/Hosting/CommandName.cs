using System.Text;

namespace EPortal.Hosting;

/// <summary>The name this process was called by; .NET tells only where the file really lies.</summary>
internal static class CommandName
{
    /// <summary>The first argument of this process, as proc(5) has it.</summary>
    public static string OfThisProcess()
    {
        var line = File.ReadAllBytes("/proc/self/cmdline");
        var end = Array.IndexOf(line, (byte)0);
        return Encoding.UTF8.GetString(line, 0, end < 0 ? line.Length : end);
    }
}
