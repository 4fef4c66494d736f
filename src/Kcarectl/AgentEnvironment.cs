using EPortal.AgentClient;
using Kcarectl.Kernel;
using Kcarectl.Settings;

namespace Kcarectl;

/// <summary>What the agent works with: paths, kernel, network, clock and terminal.</summary>
internal sealed record AgentEnvironment(
    AgentPaths Paths,
    LivepatchKernel Kernel,
    HttpClient Http,
    TextWriter Out,
    TextWriter Error
)
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How to wait: for the portal to recover, and at random before an automatic update.</summary>
    public Func<TimeSpan, CancellationToken, Task> Pause { get; init; } = Task.Delay;

    public void Warn(string sentence) => Error.WriteLine($"kcarectl: {sentence}");

    /// <exception cref="AgentException">No portal is set.</exception>
    public PortalClient Portal(AgentSettings settings, string? serverId)
    {
        var (patchServer, registrationUrl) = settings.RequirePortal();
        return new PortalClient(
            Http,
            new PortalOptions
            {
                PatchServer = patchServer,
                RegistrationUrl = registrationUrl,
                ServerId = serverId,
                Pause = Pause,
                Time = Time,
            }
        );
    }
}
