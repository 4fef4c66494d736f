using Kcarectl.Cli;
using Kcarectl.Settings;

namespace Kcarectl.State;

/// <summary>One agent at a time; the kernel releases the lock when the process ends.</summary>
internal static class AgentLock
{
    private const int WouldBlock = 11;

    /// <exception cref="AgentException">Another agent holds it.</exception>
    public static IDisposable Take(AgentPaths paths)
    {
        AgentPaths.EnsureFolder(paths.StateFolder);
        try
        {
            return new FileStream(paths.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            throw new AgentException(ExitCode.AlreadyRunning, "another kcarectl is running on this host", e);
        }
    }
}
