using System.Text;
using EPortal.Format;

namespace EPortal.Demo;

/// <summary>A kernel that some hosts of the demonstration run.</summary>
internal sealed record DemoKernel(string Distro, string Name, string Version, string Release)
{
    /// <summary>What such a host has in <c>/proc/version</c>.</summary>
    public string ProcVersion => $"Linux version {Release} (builder@demo) (gcc) #1 SMP PREEMPT_DYNAMIC\n";

    /// <summary>Its kernel id.</summary>
    public string Id => KernelId.FromProcVersion(Encoding.ASCII.GetBytes(ProcVersion));

    /// <summary>The effective kernel at a level.</summary>
    public string Euname(int level) => $"{Release}+demo{level}";
}

/// <summary>The kernels, patchsets and distributions of the demonstration; invented, but of the real forms.</summary>
internal static class DemoCatalog
{
    /// <summary>Kernels that get patches.</summary>
    public static readonly IReadOnlyList<DemoKernel> Kernels =
    [
        new("almalinux8", "AlmaLinux", "8.10", "4.18.0-553.el8_10.x86_64"),
        new("almalinux9", "AlmaLinux", "9.4", "5.14.0-427.el9.x86_64"),
        new("almalinux9", "AlmaLinux", "9.5", "5.14.0-503.el9.x86_64"),
        new("rocky9", "Rocky Linux", "9.5", "5.14.0-503.14.el9_5.x86_64"),
        new("ubuntu22.04", "Ubuntu", "22.04", "5.15.0-91-generic"),
        new("ubuntu22.04", "Ubuntu", "22.04", "5.15.0-105-generic"),
        new("ubuntu24.04", "Ubuntu", "24.04", "6.8.0-31-generic"),
        new("debian11", "Debian GNU/Linux", "11", "5.10.0-28-amd64"),
        new("debian12", "Debian GNU/Linux", "12", "6.1.0-18-amd64"),
    ];

    /// <summary>A kernel that nobody makes patches for.</summary>
    public static readonly DemoKernel Unsupported = new("gentoo", "Gentoo", "2.15", "6.6.21-gentoo");

    /// <summary>Kernel patchsets made; the rest of the dozen is for shared libraries.</summary>
    public const int KernelPatchsets = 10;

    /// <summary>Patchsets for shared libraries.</summary>
    public const int LibraryPatchsets = 2;

    /// <summary>Name of the n-th kernel patchset, from 1.</summary>
    public static string KernelName(int n, DateTimeOffset now) => $"K{Released(n, now):yyyyMMdd}_{n:00}";

    /// <summary>When the n-th patchset was released: one every nine days, the last one yesterday.</summary>
    public static DateTimeOffset Released(int n, DateTimeOffset now) =>
        new(now.UtcDateTime.Date.AddDays(-1 - (9 * (KernelPatchsets - n))), TimeSpan.Zero);

    /// <summary>Kernels that the n-th patchset has a new level for: not every release touches every kernel.</summary>
    public static IEnumerable<DemoKernel> KernelsOf(int n) => Kernels.Where((_, i) => n <= 2 || (n + i) % 3 != 0);
}
