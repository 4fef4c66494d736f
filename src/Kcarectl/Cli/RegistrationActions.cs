using EPortal.AgentClient;
using Kcarectl.Host;
using Kcarectl.Settings;
using Kcarectl.State;

namespace Kcarectl.Cli;

/// <summary>Registering, tags, and the address of the portal.</summary>
internal sealed class RegistrationActions(AgentEnvironment environment)
{
    private readonly AgentPaths _paths = environment.Paths;

    public async Task<int> RegisterAsync(string key, CancellationToken cancel)
    {
        using var only = AgentLock.Take(_paths);
        var portal = Portal();
        // An id that cannot be kept would leave a server at the portal that nobody is.
        SystemId.RequireWritable(_paths);
        var former = SystemId.UsableOrNull(_paths);
        var id = await portal.RegisterAsync(HostFacts.Hostname(_paths), key, cancel);
        SystemId.Write(_paths, id);
        environment.Out.WriteLine($"registered as {id}");
        if (former is not null && former != id)
            await ForgetAsync(portal, former, cancel);
        return ExitCode.Done;
    }

    public async Task<int> UnregisterAsync(CancellationToken cancel)
    {
        using var only = AgentLock.Take(_paths);
        var id = SystemId.Require(_paths);
        try
        {
            await Portal().UnregisterAsync(id, cancel);
        }
        catch (PortalException e) when (e.Code == PortalError.UnknownServer)
        {
            environment.Warn(e.Message); // The portal deleted it already, so the id is useless.
        }
        SystemId.Forget(_paths);
        environment.Out.WriteLine("registration canceled");
        return ExitCode.Done;
    }

    public async Task<int> TagAsync(string tags, CancellationToken cancel)
    {
        await Portal().TagAsync(SystemId.Require(_paths), tags, cancel);
        environment.Out.WriteLine(tags.Length == 0 ? "tags removed" : $"tags set to {tags}");
        return ExitCode.Done;
    }

    public async Task<int> LicenseInfoAsync(CancellationToken cancel)
    {
        var settings = AgentSettings.Load(_paths);
        var id = SystemId.Require(_paths);
        await environment.Portal(settings, id).CheckAsync(id, cancel);
        environment.Out.WriteLine($"registered as {id} at {settings.RegistrationUrl}");
        return ExitCode.Done;
    }

    public int SetPatchServer(string address)
    {
        var portal =
            PortalAddress.ParseOrNull(address)
            ?? throw new AgentException(
                ExitCode.BadUsage,
                $"invalid address '{address}': use http or https, without user, query and fragment"
            );
        using var only = AgentLock.Take(_paths);
        PortalAddress.Store(_paths, portal);
        environment.Out.WriteLine($"portal set to {portal}");
        return ExitCode.Done;
    }

    private async Task ForgetAsync(PortalClient portal, string former, CancellationToken cancel)
    {
        try
        {
            await portal.UnregisterAsync(former, cancel);
        }
        catch (PortalException e)
        {
            environment.Warn($"cannot cancel the former registration {former}: {e.Message}");
        }
    }

    private PortalClient Portal() => environment.Portal(AgentSettings.Load(_paths), serverId: null);
}
