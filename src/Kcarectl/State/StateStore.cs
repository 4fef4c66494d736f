using System.Text.Json;
using Kcarectl.Settings;

namespace Kcarectl.State;

/// <summary>Keeps the state on disk.</summary>
internal sealed class StateStore(AgentPaths paths)
{
    /// <summary>The state as far as it holds in this boot: modules of an earlier one are gone with it.</summary>
    /// <exception cref="AgentException">The file cannot be read.</exception>
    public AgentState Load(string bootId)
    {
        if (!File.Exists(paths.StateFile))
            return new AgentState();
        try
        {
            var state =
                JsonSerializer.Deserialize(File.ReadAllBytes(paths.StateFile), StateJson.Default.AgentState)
                ?? throw new JsonException();
            return state with { Modules = [.. state.Modules.Where(m => m.BootId == bootId)] };
        }
        catch (JsonException e)
        {
            // Guessing here could take another program's live patch for ours.
            throw new AgentException(
                Cli.ExitCode.Local,
                $"{paths.StateFile} is damaged; remove it after a reboot, or after unloading the live patches by hand",
                e
            );
        }
    }

    public void Save(AgentState state)
    {
        AgentPaths.EnsureFolder(paths.StateFolder);
        AtomicFile.Write(
            paths.StateFile,
            JsonSerializer.SerializeToUtf8Bytes(state, StateJson.Default.AgentState),
            AgentPaths.PrivateFile
        );
    }
}
