using Kcarectl.Settings;

namespace Kcarectl.Host;

/// <summary>A cheap guess at what the host runs in, with the names that systemd-detect-virt prints.</summary>
internal static class Virtualization
{
    // First match wins: clouds before the hypervisors they are built of.
    private static readonly (string Mark, string Name)[] Vendors =
    [
        ("Amazon EC2", "amazon"),
        ("Google", "google"),
        ("VMware", "vmware"),
        ("VirtualBox", "oracle"),
        ("innotek", "oracle"),
        ("Xen", "xen"),
        ("Virtual Machine", "microsoft"),
        ("Parallels", "parallels"),
        ("KVM", "kvm"),
        ("OpenStack", "kvm"),
        ("QEMU", "qemu"),
    ];

    public static string Detect(AgentPaths paths)
    {
        if (HostFile.ReadOrEmpty(paths, "run/systemd/container") is { Length: > 0 } container)
            return container;
        if (File.Exists(paths.Under(".dockerenv")))
            return "docker";
        if (File.Exists(paths.Under("run/.containerenv")))
            return "podman";
        var board =
            HostFile.ReadOrEmpty(paths, "sys/class/dmi/id/sys_vendor")
            + " "
            + HostFile.ReadOrEmpty(paths, "sys/class/dmi/id/product_name");
        foreach (var (mark, name) in Vendors)
        {
            if (board.Contains(mark, StringComparison.OrdinalIgnoreCase))
                return name;
        }
        return UnderHypervisor(paths) ? "vm-other" : "none";
    }

    private static bool UnderHypervisor(AgentPaths paths) =>
        HostFile.CpuField(paths, "flags").Split(' ').Contains("hypervisor");
}
