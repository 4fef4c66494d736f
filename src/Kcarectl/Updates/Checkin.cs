using EPortal.AgentClient;
using Kcarectl.Host;
using Kcarectl.Settings;
using Kcarectl.State;

namespace Kcarectl.Updates;

/// <summary>Tells the portal the facts of this host, how the last update went, and hears what to run.</summary>
internal sealed class Checkin(AgentEnvironment environment, AgentSettings settings)
{
    /// <exception cref="AgentException">Not registered, or no portal set.</exception>
    /// <exception cref="PortalException">The portal cannot be asked.</exception>
    public async Task<CheckInResult> AskAsync(AgentState state, CancellationToken cancel)
    {
        var id = SystemId.Require(environment.Paths);
        var current = environment.Kernel.CurrentOrNull(state.Modules);
        var facts = HostFacts.Collect(environment.Paths, settings, id, current, state.LastUpdate);
        var answer = await environment.Portal(settings, id).CheckInAsync(facts, cancel);
        return new CheckInResult(CheckInResult.Judge(answer, current, settings), answer, current, id);
    }
}
