using System.Globalization;
using System.Runtime.InteropServices;
using EPortal.AgentClient.Wire;
using Kcarectl.Settings;
using Kcarectl.State;

namespace Kcarectl.Host;

/// <summary>What this host tells a portal about itself.</summary>
internal static class HostFacts
{
    public static string KernelId(AgentPaths paths)
    {
        // Its length shows as 0, so it is read to its end.
        using var file = File.OpenRead(paths.Under("proc/version"));
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return EPortal.Format.KernelId.FromProcVersion(bytes.ToArray());
    }

    public static string Release(AgentPaths paths) => HostFile.ReadOrEmpty(paths, "proc/sys/kernel/osrelease");

    public static string Hostname(AgentPaths paths) => HostFile.ReadOrEmpty(paths, "proc/sys/kernel/hostname");

    /// <summary>The release this host is as safe as.</summary>
    public static string EffectiveKernel(AgentPaths paths, OwnModule? current) =>
        current is { Uname.Length: > 0 } ? current.Uname : Release(paths);

    public static CheckInRequest Collect(
        AgentPaths paths,
        AgentSettings settings,
        string serverId,
        OwnModule? current,
        LastUpdate? last
    )
    {
        var system = OsRelease.Read(paths);
        return new CheckInRequest
        {
            ServerId = serverId,
            Hostname = Hostname(paths),
            KernelId = KernelId(paths),
            Release = Release(paths),
            Euname = EffectiveKernel(paths, current),
            PatchLevel = current?.Level ?? 0,
            Uptime = Uptime(paths),
            Version = HostFile.ReadOrEmpty(paths, "proc/sys/kernel/version"),
            Virt = Virtualization.Detect(paths),
            KcareVersion = AgentVersion.Text,
            Distro = system.Id,
            DistroVersion = system.VersionId,
            Machine = Machine(paths),
            Processor = HostFile.CpuField(paths, "model name"),
            StickyPatchset = settings.StickyPatchset,
            UpdateDelay = settings.UpdateDelay > TimeSpan.Zero ? (long)settings.UpdateDelay.TotalSeconds : null,
            LastUpdate = last,
        };
    }

    private static long Uptime(AgentPaths paths)
    {
        var seconds = HostFile.ReadOrEmpty(paths, "proc/uptime").Split(' ')[0];
        return double.TryParse(seconds, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? (long)value
            : 0;
    }

    private static string Machine(AgentPaths paths) =>
        HostFile.ReadOrEmpty(paths, "proc/sys/kernel/arch") is { Length: > 0 } name
            ? name
            : RuntimeInformation.OSArchitecture switch
            {
                Architecture.X64 => "x86_64",
                Architecture.Arm64 => "aarch64",
                var other => other.ToString(),
            };
}
