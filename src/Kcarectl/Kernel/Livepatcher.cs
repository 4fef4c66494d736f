using Kcarectl.State;

namespace Kcarectl.Kernel;

/// <summary>
/// Changes what the kernel runs, from one level to another, and back again where that does not work. Each
/// step is on disk before it is taken, so a run that was killed is understood by the next one. Touches only
/// modules that this agent loaded since the kernel started.
/// </summary>
internal sealed class Livepatcher(
    LivepatchKernel kernel,
    StateStore store,
    TimeProvider time,
    TimeSpan timeout,
    Action<string> warn
)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    // After a transition the kernel lets go of a module from a work queue, within about a second.
    private static readonly TimeSpan Release = TimeSpan.FromSeconds(30);

    /// <summary>Finishes what an earlier run left unfinished, and removes modules that are no longer in use.</summary>
    /// <exception cref="AgentException">A transition does not end.</exception>
    public async Task<AgentState> SettleAsync(AgentState state, CancellationToken cancel)
    {
        foreach (var module in state.Modules)
        {
            if (!await UntilAsync(() => kernel.StateOrNull(module.Name) is not { InTransition: true }, timeout, cancel))
                throw KernelException.Because($"the transition of {module.Name} has not ended yet{Blockers()}");
        }
        var current = kernel.CurrentOrNull(state.Modules);
        foreach (var module in state.Modules.Where(m => m != current).Reverse())
            state = await RemoveAsync(state, module, cancel);
        return state;
    }

    /// <summary>Applies a module in place of the current one, if any.</summary>
    /// <param name="state">State after <see cref="SettleAsync"/>.</param>
    /// <param name="file">The module, open for reading only.</param>
    /// <param name="module">What it is.</param>
    /// <param name="cancel">Observed until the kernel is asked; from then on the change is finished.</param>
    /// <exception cref="AgentException">Refused, or taken back: the kernel runs what it ran before.</exception>
    public async Task<AgentState> ApplyAsync(
        AgentState state,
        FileStream file,
        OwnModule module,
        CancellationToken cancel
    )
    {
        RefuseForeign(state, module.Name);
        cancel.ThrowIfCancellationRequested();
        var before = state;
        state = Saved(state with { Modules = [.. state.Modules, module] });
        var result = kernel.Insert(file.SafeFileHandle);
        if (result < 0)
        {
            Saved(before);
            throw KernelException.Refused($"the module {module.Name}", -result);
        }
        if (
            !await UntilAsync(
                () => kernel.StateOrNull(module.Name) is { Enabled: true, InTransition: false },
                timeout,
                CancellationToken.None
            )
        )
        {
            var blockers = Blockers();
            await RemoveAsync(state, module, CancellationToken.None);
            throw KernelException.Because(
                $"the transition to {module.Name} did not end within {timeout.TotalSeconds:0} seconds and was reverted{blockers}"
            );
        }
        // The level is reached; the next run tries again to remove what could not be removed.
        foreach (var old in before.Modules.Reverse())
            state = await TryRemoveAsync(state, old);
        return state;
    }

    /// <summary>Unloads all modules of this agent.</summary>
    /// <exception cref="AgentException">The kernel keeps a module.</exception>
    public async Task<AgentState> UnloadAsync(AgentState state, CancellationToken cancel)
    {
        foreach (var module in state.Modules.Reverse())
        {
            try
            {
                state = await RemoveAsync(state, module, cancel);
            }
            catch (AgentException)
            {
                // Partly unloaded is worse than loaded: tasks that have moved go back.
                if (kernel.StateOrNull(module.Name) is { Enabled: false, InTransition: true })
                    kernel.SetEnabled(module.Name, true);
                throw;
            }
        }
        return state;
    }

    private void RefuseForeign(AgentState state, string name)
    {
        // A cumulative patch replaces every other one, so it would end what somebody else put here.
        var foreign = kernel.Patches().FirstOrDefault(p => state.Modules.All(m => m.Name != p));
        if (foreign is not null)
            throw KernelException.Because(
                $"the kernel runs live patch {foreign}, which this agent did not load; it was left alone"
            );
        if (state.Modules.Any(m => m.Name == name))
            throw KernelException.Because(
                $"module name {name} is already in use; each level needs its own module name"
            );
        if (kernel.HasModule(name))
            throw KernelException.Because($"module {name} is already loaded, but not by this agent");
    }

    private async Task<AgentState> TryRemoveAsync(AgentState state, OwnModule module)
    {
        try
        {
            return await RemoveAsync(state, module, CancellationToken.None);
        }
        catch (AgentException e)
        {
            warn(e.Message); // It stays on record, so the next run settles it.
            return state;
        }
    }

    private async Task<AgentState> RemoveAsync(AgentState state, OwnModule module, CancellationToken cancel)
    {
        var asked = kernel.StateOrNull(module.Name) is { Enabled: true } ? kernel.SetEnabled(module.Name, false) : 0;
        if (asked < 0 && kernel.StateOrNull(module.Name) is { Enabled: true })
            throw KernelException.Refused($"to disable {module.Name}", -asked);
        if (!await UntilAsync(() => kernel.StateOrNull(module.Name) is null, timeout, cancel))
            throw KernelException.Because(
                $"the kernel did not release {module.Name} within {timeout.TotalSeconds:0} seconds{Blockers()}"
            );
        var result = 0;
        bool Gone()
        {
            result = kernel.HasModule(module.Name) ? kernel.Delete(module.Name) : 0;
            return result is not (-NativeMethods.TryAgain or -NativeMethods.Busy);
        }
        if (!await UntilAsync(Gone, Release, cancel) || (result < 0 && result != -NativeMethods.NoEntry))
            throw KernelException.Refused($"to remove the module {module.Name}", -result);
        return Saved(state with { Modules = [.. state.Modules.Where(m => m.Name != module.Name)] });
    }

    private AgentState Saved(AgentState state)
    {
        store.Save(state);
        return state;
    }

    private string Blockers() => TransitionBlockers.Describe(kernel);

    private async Task<bool> UntilAsync(Func<bool> condition, TimeSpan limit, CancellationToken cancel)
    {
        var start = time.GetTimestamp();
        while (!condition())
        {
            if (time.GetElapsedTime(start) > limit)
                return false;
            // sysfs tells of no change by inotify, so it has to be asked.
            await Task.Delay(PollInterval, time, cancel);
        }
        return true;
    }
}
