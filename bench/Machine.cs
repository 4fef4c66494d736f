using System.Globalization;
using System.Runtime.InteropServices;

namespace Bench;

/// <summary>Says what the figures were measured on.</summary>
internal static class Machine
{
    /// <summary>One line.</summary>
    public static string Describe()
    {
        var processor =
            File.ReadLines("/proc/cpuinfo")
                .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
                ?.Split(':')[1]
                .Trim()
            ?? "unknown processor";
        var memory =
            double.Parse(
                File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
                CultureInfo.InvariantCulture
            ) / 1048576;
        var disk = new DriveInfo(Path.GetFullPath(".")).DriveFormat;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} cores of {processor}, {memory:0} GiB, Linux {Environment.OSVersion.Version}, {disk}, {RuntimeInformation.FrameworkDescription}; load average before the run {File.ReadAllText("/proc/loadavg").Split(' ')[0]}."
        );
    }
}
