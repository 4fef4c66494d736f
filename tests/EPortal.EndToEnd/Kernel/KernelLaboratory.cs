using System.Diagnostics;

namespace EPortal.EndToEnd.Kernel;

/// <summary>
/// The kernel, the modules and the root file system that tests/kernel/prepare.sh leaves under .cache/kernel, made
/// when a test first asks for them.
/// </summary>
internal sealed class KernelLaboratory
{
    private static readonly Lazy<Task<KernelLaboratory>> s_prepared = new(PrepareAsync);

    private KernelLaboratory(string repository)
    {
        Scripts = Path.Combine(repository, "tests", "kernel");
        Cache = Path.Combine(repository, ".cache", "kernel");
        Release = File.ReadAllText(Path.Combine(Cache, "release")).Trim();
        Logs = Directory.CreateDirectory(Path.Combine(repository, "artifacts", "kernel")).FullName;
    }

    public string Scripts { get; }

    public string Cache { get; }

    /// <summary>Where the guests' console logs are kept.</summary>
    public string Logs { get; }

    /// <summary>The kernel's release, such as <c>6.1.0-56-amd64</c>.</summary>
    public string Release { get; }

    public string InitramfsPath => Path.Combine(Cache, "initramfs.cpio");

    /// <summary>Path of a compiled module, such as <c>kpatch_demo_1</c>.</summary>
    public string ModulePath(string name) => Path.Combine(Cache, "livepatch", name + ".ko");

    public static Task<KernelLaboratory> GetAsync() => s_prepared.Value;

    private static async Task<KernelLaboratory> PrepareAsync()
    {
        var repository = Programs.Repository;
        var start = new ProcessStartInfo(Path.Combine(repository, "tests", "kernel", "prepare.sh"))
        {
            RedirectStandardError = true,
        };
        if (File.Exists(Programs.Agent))
            start.ArgumentList.Add(Programs.Agent);
        using var prepare = Process.Start(start)!;
        var errors = await prepare.StandardError.ReadToEndAsync();
        await prepare.WaitForExitAsync();
        return prepare.ExitCode == 0
            ? new KernelLaboratory(repository)
            : throw new GuestException($"The kernel laboratory could not be prepared. {errors}");
    }
}
