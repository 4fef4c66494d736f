using System.Globalization;
using Kcarectl.Cli;
using Kcarectl.Settings;
using Kcarectl.State;
using Microsoft.Win32.SafeHandles;

namespace Kcarectl.Kernel;

/// <summary>
/// The kernel's live patches: read from sysfs, changed by system calls and by writing <c>enabled</c>.
/// A folder in sysfs may vanish at any moment, which reads as null.
/// </summary>
internal class LivepatchKernel(AgentPaths paths)
{
    private readonly string _patches = paths.Under("sys/kernel/livepatch");
    private readonly string _modules = paths.Under("sys/module");

    /// <summary>A new random name for each start of the kernel.</summary>
    public string BootId => File.ReadAllText(paths.Under("proc/sys/kernel/random/boot_id")).Trim();

    /// <exception cref="AgentException">The kernel was built without live patching.</exception>
    public IReadOnlyList<string> Patches() =>
        Directory.Exists(_patches)
            ?
            [
                .. Directory
                    .EnumerateDirectories(_patches)
                    .Select(d => Path.GetFileName(d)!)
                    .Order(StringComparer.Ordinal),
            ]
            : throw new AgentException(ExitCode.KernelRefused, "this kernel has no live patching (CONFIG_LIVEPATCH)");

    public bool HasModule(string name) => Directory.Exists(Path.Combine(_modules, name));

    public PatchState? StateOrNull(string name) =>
        FlagOrNull(name, "enabled") is { } enabled && FlagOrNull(name, "transition") is { } moving
            ? new PatchState(enabled, moving)
            : null;

    /// <summary>What is applied now: the newest of our modules that is shown as enabled.</summary>
    public OwnModule? CurrentOrNull(IEnumerable<OwnModule> modules) =>
        modules.LastOrDefault(m => StateOrNull(m.Name) is { Enabled: true });

    /// <summary>Loads a module: 0, or a negative error number.</summary>
    public virtual int Insert(SafeFileHandle file) => NativeMethods.InsertModule(file);

    /// <summary>Unloads a module: 0, or a negative error number; never waits.</summary>
    public virtual int Delete(string name) => NativeMethods.DeleteModule(name);

    /// <summary>Starts or reverses a transition: 0, or a negative error number.</summary>
    public virtual int SetEnabled(string name, bool enabled)
    {
        try
        {
            using var file = new FileStream(
                Path.Combine(_patches, name, "enabled"),
                FileMode.Open,
                FileAccess.Write,
                FileShare.ReadWrite,
                0
            );
            file.Write(enabled ? "1\n"u8 : "0\n"u8);
            return 0;
        }
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return -NativeMethods.NoEntry;
        }
        catch (IOException e) when (e.HResult > 0)
        {
            return -e.HResult;
        }
    }

    /// <summary>Processes with their side in the transition under way; those that end meanwhile are left out.</summary>
    public IReadOnlyList<TaskPatchState> TaskStates()
    {
        var found = new List<TaskPatchState>();
        foreach (var folder in Directory.EnumerateDirectories(paths.Under("proc")))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                continue;
            try
            {
                var state = int.Parse(
                    File.ReadAllText(Path.Combine(folder, "patch_state")),
                    CultureInfo.InvariantCulture
                );
                found.Add(new TaskPatchState(id, File.ReadAllText(Path.Combine(folder, "comm")).Trim(), state));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
            {
                continue;
            }
        }
        return found;
    }

    private bool? FlagOrNull(string name, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(_patches, name, file)).Trim() == "1";
        }
        catch (IOException e)
            when (e is FileNotFoundException or DirectoryNotFoundException || e.HResult == NativeMethods.NoDevice)
        {
            return null;
        }
    }
}

/// <summary>A patch as sysfs shows it.</summary>
/// <param name="Enabled">In use, or coming into use.</param>
/// <param name="InTransition">Some tasks still run the other code.</param>
internal sealed record PatchState(bool Enabled, bool InTransition);
