using Kcarectl.Kernel;
using Kcarectl.Settings;
using Microsoft.Win32.SafeHandles;

namespace EPortal.Tests.Kcarectl;

/// <summary>Behaves as the kernel does, on a folder that stands for sysfs.</summary>
internal sealed class FakeKernel(AgentPaths paths) : LivepatchKernel(paths)
{
    private const int Exists = 17;
    private readonly string _patches = paths.Under("sys/kernel/livepatch");
    private readonly string _modules = paths.Under("sys/module");

    /// <summary>Names given to the kernel, in order.</summary>
    public List<string> Inserted { get; } = [];

    /// <summary>Error number that <see cref="Insert"/> answers with.</summary>
    public int InsertError { get; set; }

    /// <summary>New patches stay in transition.</summary>
    public bool Stuck { get; set; }

    /// <summary>Patches do not replace each other.</summary>
    public bool Stacks { get; set; }

    /// <summary>How often a module is still in use when it is to go.</summary>
    public int BusyTimes { get; set; }

    /// <summary>Taking a patch out of use never ends.</summary>
    public bool KeepsPatches { get; set; }

    public IEnumerable<string> Loaded => Directory.EnumerateDirectories(_modules).Select(Path.GetFileName).Order()!;

    public override int Insert(SafeFileHandle file)
    {
        var bytes = new byte[RandomAccess.GetLength(file)];
        RandomAccess.Read(file, bytes, 0);
        var name = ModuleInfo.LivepatchName(new MemoryStream(bytes), "test");
        if (InsertError != 0)
            return -InsertError;
        if (HasModule(name))
            return -Exists;
        Inserted.Add(name);
        var others = Patches();
        Show(name, enabled: true, moving: Stuck);
        if (!Stuck && !Stacks)
            others.ToList().ForEach(Vanish);
        return 0;
    }

    public override int Delete(string name)
    {
        if (StateOrNull(name) is not null || BusyTimes-- > 0)
            return -11;
        Directory.Delete(Path.Combine(_modules, name), recursive: true);
        return 0;
    }

    public override int SetEnabled(string name, bool enabled)
    {
        if (enabled)
            Show(name, enabled: true, moving: false);
        else if (KeepsPatches)
            Show(name, enabled: false, moving: true);
        else
            Vanish(name);
        return 0;
    }

    public void Show(string name, bool enabled, bool moving)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_patches, name)).FullName;
        Directory.CreateDirectory(Path.Combine(_modules, name));
        File.WriteAllText(Path.Combine(folder, "enabled"), enabled ? "1\n" : "0\n");
        File.WriteAllText(Path.Combine(folder, "transition"), moving ? "1\n" : "0\n");
    }

    public void Reboot(string bootId)
    {
        foreach (var folder in Directory.GetDirectories(_patches).Concat(Directory.GetDirectories(_modules)))
            Directory.Delete(folder, recursive: true);
        File.WriteAllText(paths.Under("proc/sys/kernel/random/boot_id"), bootId + "\n");
    }

    private readonly AgentPaths paths = paths;

    private void Vanish(string name) => Directory.Delete(Path.Combine(_patches, name), recursive: true);
}
