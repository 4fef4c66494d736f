using EPortal.AgentClient;
using EPortal.AgentClient.Wire;
using EPortal.Format;
using Kcarectl.Cli;
using Kcarectl.Host;
using Kcarectl.Kernel;
using Kcarectl.Settings;
using Kcarectl.State;

namespace Kcarectl.Updates;

/// <summary>Brings this host to the level its portal offers, up or down.</summary>
/// <param name="environment">What it works on.</param>
/// <param name="settings">The settings.</param>
/// <param name="quiet">Prints nothing when nothing changed, for cron.</param>
internal sealed class Updater(AgentEnvironment environment, AgentSettings settings, bool quiet)
{
    private readonly StateStore _store = new(environment.Paths);

    /// <param name="cancel">Ends it before the kernel is asked, or not at all.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> UpdateAsync(CancellationToken cancel)
    {
        using var only = AgentLock.Take(environment.Paths);
        var patcher = new Livepatcher(
            environment.Kernel,
            _store,
            environment.Time,
            settings.TransitionTimeout,
            environment.Warn
        );
        var state = await patcher.SettleAsync(_store.Load(environment.Kernel.BootId), cancel);
        var checkin = new Checkin(environment, settings);
        var result = await checkin.AskAsync(state, cancel);
        state = state with { CheckedAt = environment.Time.GetUtcNow() };
        _store.Save(state);
        if (result.Verdict != Verdict.Change)
            return Unchanged(result);
        var (after, failure) = await AttemptAsync(patcher, state, result, cancel);
        _store.Save(after);
        if (after != state)
            await TellAsync(checkin, after, cancel);
        return failure is null ? ExitCode.Done : Failures.Report(environment, failure);
    }

    private int Unchanged(CheckInResult result)
    {
        if (result.Verdict == Verdict.Unsupported)
        {
            if (!quiet)
                environment.Warn("the portal has no patch for this kernel");
            return ExitCode.Unsupported;
        }
        if (!quiet)
            environment.Out.WriteLine(
                result.Verdict == Verdict.UpToDate
                    ? $"level {result.Answer.Level} is already applied"
                    : HeldBack.By(settings)
            );
        return ExitCode.Done;
    }

    private async Task<(AgentState After, Exception? Failure)> AttemptAsync(
        Livepatcher patcher,
        AgentState state,
        CheckInResult result,
        CancellationToken cancel
    )
    {
        var level = result.Answer.Level ?? 0;
        var attempt = new LastUpdate { Level = Math.Max(level, 0), Patchset = SafePatchset(result.Answer.Patchset) };
        try
        {
            var patch = await FetchAsync(result, cancel);
            if (TooYoung(patch.Description))
                return (state, null);
            state = await ApplyAsync(patcher, state, patch, cancel);
            return (Ended(state, attempt with { Result = LastUpdate.Ok }), null);
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            // The kernel part keeps its own record on disk: what it wrote counts.
            state = _store.Load(environment.Kernel.BootId);
            // A portal would refuse a longer one, and with it this and every later check-in.
            var message = SafeText.Line(e.Message, LastUpdate.MaxMessage);
            return (Ended(state, attempt with { Result = LastUpdate.Failed, Message = message }), e);
        }
    }

    private async Task<VerifiedPatch> FetchAsync(CheckInResult result, CancellationToken cancel)
    {
        // Without a key nothing can be verified, so nothing is fetched.
        var keys = TrustedKeysFile.Load(environment.Paths);
        var fetcher = new PatchFetcher(
            environment.Portal(settings, result.ServerId),
            new PatchCache(environment.Paths),
            keys,
            HostFacts.KernelId(environment.Paths)
        );
        return await fetcher.FetchAsync(PatchOffer.From(result.Answer), cancel);
    }

    private bool TooYoung(PatchDescription description)
    {
        var age = environment.Time.GetUtcNow() - description.Released;
        // Without a delay a clock behind the vendor's holds nothing back.
        if (settings.UpdateDelay == TimeSpan.Zero || age >= settings.UpdateDelay)
            return false;
        if (!quiet)
            environment.Out.WriteLine(
                $"{description.Patchset} is held back: it was released {description.Released:u}, and UPDATE_DELAY is {settings.UpdateDelay.TotalHours:0.#} hours"
            );
        return true;
    }

    private async Task<AgentState> ApplyAsync(
        Livepatcher patcher,
        AgentState state,
        VerifiedPatch patch,
        CancellationToken cancel
    )
    {
        await using var file = new FileStream(patch.Payload, FileMode.Open, FileAccess.Read, FileShare.Read);
        var module = new OwnModule
        {
            Name = ModuleInfo.LivepatchName(file, VerifiedPatch.PayloadName),
            BootId = environment.Kernel.BootId,
            KernelId = patch.Description.Target,
            Level = patch.Description.Level,
            Patchset = patch.Description.Patchset,
            Uname = patch.Uname(),
            At = environment.Time.GetUtcNow(),
        };
        state = await patcher.ApplyAsync(state, file, module, cancel);
        environment.Out.WriteLine(
            $"level {module.Level} of {module.Patchset} is applied, effective kernel {HostFacts.EffectiveKernel(environment.Paths, module)}"
        );
        CleanCache(module.KernelId, state);
        return state;
    }

    private void CleanCache(string kernelId, AgentState state)
    {
        try
        {
            new PatchCache(environment.Paths).KeepOnly(kernelId, state.Modules.Select(m => m.Level));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            environment.Warn($"cannot delete old downloads: {e.Message}");
        }
    }

    /// <summary>Reports the result at once; if that fails, the next check-in reports it.</summary>
    private async Task TellAsync(Checkin checkin, AgentState state, CancellationToken cancel)
    {
        try
        {
            await checkin.AskAsync(state, cancel);
        }
        catch (PortalException e)
        {
            environment.Warn($"cannot report the result now, the next check-in reports it: {e.Message}");
        }
    }

    private AgentState Ended(AgentState state, LastUpdate attempt) =>
        state with
        {
            LastUpdate = attempt with { At = environment.Time.GetUtcNow() },
        };

    private static string SafePatchset(string? name) => name is not null && PatchsetName.IsValid(name) ? name : "";
}
