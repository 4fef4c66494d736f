using Xunit;

namespace EPortal.EndToEnd.Kernel;

/// <summary>
/// One guest for all tests of a class: the laboratory's modules are in /lab, a host's program in /usr/bin.
/// </summary>
public sealed class GuestFixture : IAsyncLifetime
{
    internal static readonly string[] Modules = ["kpatch_demo_1", "kpatch_demo_2", "kpatch_demo_bad"];

    internal KernelLaboratory Laboratory { get; private set; } = null!;

    internal GuestMachine Guest { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Laboratory = await KernelLaboratory.GetAsync();
        var modules = Modules.Select(m => GuestFile.Data($"/lab/{m}.ko", Laboratory.ModulePath(m)));
        var program = GuestFile.Program("/usr/bin/mawk", "/usr/bin/mawk");
        Guest = await GuestMachine.StartAsync(Laboratory, [.. modules, program]);
    }

    public ValueTask DisposeAsync() => Guest is null ? ValueTask.CompletedTask : Guest.DisposeAsync();
}
