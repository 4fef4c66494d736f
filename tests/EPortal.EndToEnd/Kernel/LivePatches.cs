namespace EPortal.EndToEnd.Kernel;

/// <summary>A live patch as the kernel shows it under /sys/kernel/livepatch.</summary>
internal sealed record LivePatch(string Name, bool IsEnabled, bool IsInTransition);

/// <summary>Asks a guest's kernel for its live patches.</summary>
internal static class LivePatches
{
    // A patch may go away between two steps of the loop, so what cannot be read is left out.
    private const string List = """
        for patch in /sys/kernel/livepatch/*/; do
            enabled=$(cat $patch/enabled) && transition=$(cat $patch/transition) || continue
            echo "$(basename $patch) $enabled $transition"
        done 2> /dev/null
        true
        """;

    extension(GuestMachine guest)
    {
        public async Task<IReadOnlyList<LivePatch>> LivePatchesAsync() =>
            [.. (await guest.ReadAsync(List)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];

        /// <summary>Waits until exactly the named patches are there, all enabled and none in transition.</summary>
        public Task SettledAsync(params string[] names) =>
            Eventually.IsTrueAsync(
                $"the kernel runs exactly [{string.Join(", ", names)}], settled",
                async () => (await guest.LivePatchesAsync()).SequenceEqual(names.Select(Settled))
            );

        /// <summary>Loads a module, without waiting for its transition.</summary>
        public Task<CommandResult> InsertModuleAsync(string name) => guest.RunAsync($"insmod /lab/{name}.ko");

        /// <summary>Removes a module as soon as the kernel has let go of it.</summary>
        public Task RemoveModuleAsync(string name) =>
            Eventually.IsTrueAsync(
                $"the module {name} can be removed",
                async () => (await guest.RunAsync($"rmmod {name}")).ExitCode == 0
            );

        public Task<string> CommandLineAsync() => guest.ReadAsync("cat /proc/cmdline");

        /// <summary>Takes every live patch out of the kernel and removes the modules, replaced ones included.</summary>
        public async Task ForgetLivePatchesAsync()
        {
            await guest.ReadAsync("for f in /sys/module/kpatch_*/parameters/hold; do [ ! -e $f ] || echo 0 > $f; done");
            await guest.ReadAsync("for f in /sys/kernel/livepatch/*/enabled; do echo 0 > $f; done 2> /dev/null; true");
            await guest.SettledAsync();
            var modules = await guest.ReadAsync("ls /sys/module | grep ^kpatch_ || true");
            foreach (var name in modules.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                await guest.RemoveModuleAsync(name);
        }
    }

    private static LivePatch Settled(string name) => new(name, IsEnabled: true, IsInTransition: false);

    private static LivePatch Parse(string line) =>
        line.Split(' ') is [var name, var enabled, var transition]
            ? new LivePatch(name, enabled == "1", transition == "1")
            : throw new FormatException($"\"{line}\" does not describe a live patch.");
}
