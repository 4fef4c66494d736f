using Kcarectl.Kernel;
using Kcarectl.Settings;
using Kcarectl.State;
using Kcarectl.Updates;

namespace Kcarectl.Cli;

/// <summary>Options that change what the kernel runs, or check whether an update is available.</summary>
internal sealed class UpdateActions(AgentEnvironment environment)
{
    public Task<int> UpdateAsync(CancellationToken cancel) =>
        new Updater(environment, AgentSettings.Load(environment.Paths), quiet: false).UpdateAsync(cancel);

    public async Task<int> AutoUpdateAsync(CancellationToken cancel)
    {
        var settings = AgentSettings.Load(environment.Paths);
        if (!settings.AutoUpdate)
            return ExitCode.Done;
        await environment.Pause(settings.AutoUpdateSpread * Random.Shared.NextDouble(), cancel);
        return await new Updater(environment, settings, quiet: true).UpdateAsync(cancel);
    }

    public async Task<int> CheckAsync(CancellationToken cancel)
    {
        var result = await AskAsync(cancel);
        environment.Out.WriteLine(
            result.Verdict switch
            {
                Verdict.Change => $"level {result.Answer.Level} of {result.Answer.Patchset} is available",
                Verdict.Unsupported => "the portal has no patch for this kernel",
                Verdict.Held => HeldBack.By(AgentSettings.Load(environment.Paths)),
                _ => "no update available",
            }
        );
        return result.Verdict == Verdict.Change ? ExitCode.Done : ExitCode.Nothing;
    }

    public async Task<int> StatusAsync(bool json, CancellationToken cancel)
    {
        var result = await AskAsync(cancel);
        var (code, word, sentence) = result.Verdict switch
        {
            Verdict.Unsupported => (ExitCode.Unsupported, "unsupported", "the portal has no patch for this kernel"),
            _ when result.Current is null => (ExitCode.Nothing, "unpatched", "no patch is applied"),
            Verdict.Change => (
                ExitCode.NewerAvailable,
                "outdated",
                $"level {result.Current.Level} is applied, level {result.Answer.Level} is available"
            ),
            _ => (ExitCode.Done, "up-to-date", $"level {result.Current.Level} is applied and up to date"),
        };
        environment.Out.WriteLine(
            json ? ReportJson.Text(new StatusReport(word, result.Current?.Level ?? 0, result.Answer.Level)) : sentence
        );
        return code;
    }

    public async Task<int> UnloadAsync(CancellationToken cancel)
    {
        using var only = AgentLock.Take(environment.Paths);
        var settings = AgentSettings.Load(environment.Paths);
        var store = new StateStore(environment.Paths);
        var state = store.Load(environment.Kernel.BootId);
        var patcher = new Livepatcher(
            environment.Kernel,
            store,
            environment.Time,
            settings.TransitionTimeout,
            environment.Warn
        );
        var had = state.Modules.Count > 0;
        await patcher.UnloadAsync(state, cancel);
        environment.Out.WriteLine(had ? "the patch is unloaded" : "no patch is applied");
        return ExitCode.Done;
    }

    private async Task<CheckInResult> AskAsync(CancellationToken cancel)
    {
        var state = new StateStore(environment.Paths).Load(environment.Kernel.BootId);
        return await new Checkin(environment, AgentSettings.Load(environment.Paths)).AskAsync(state, cancel);
    }
}
