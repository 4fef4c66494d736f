using System.Globalization;

namespace EPortal.Hosting.Service;

/// <summary>
/// The service manager that started this program, if one did: what it wants to be told (sd_notify(3)), and how often it
/// wants to hear that the portal is well. Without one, nothing is told.
/// </summary>
internal sealed class ServiceManager
{
    private const string SocketVariable = "NOTIFY_SOCKET";
    private const string PeriodVariable = "WATCHDOG_USEC";
    private const string WatchedVariable = "WATCHDOG_PID";

    private readonly string? _socket;
    private readonly Action<string> _note;

    private ServiceManager(string? socket, TimeSpan? watchdog, Action<string> note) =>
        (_socket, Watchdog, _note) = (socket, watchdog, note);

    /// <summary>Whether one listens.</summary>
    public bool IsThere => _socket is not null;

    /// <summary>After how long without a sign of life it kills this program; null for never.</summary>
    public TimeSpan? Watchdog { get; }

    /// <summary>Reads what a service manager says by the environment.</summary>
    /// <param name="environment">Environment of this process.</param>
    /// <param name="note">Takes a line about what went wrong.</param>
    public static ServiceManager Of(IReadOnlyDictionary<string, string> environment, Action<string> note) =>
        new(
            environment.GetValueOrDefault(SocketVariable) is ['/' or '@', _, ..] path ? path : null,
            IsMeant(environment.GetValueOrDefault(WatchedVariable))
            && long.TryParse(
                environment.GetValueOrDefault(PeriodVariable),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var period
            )
            && period is > 0 and < 1L << 52
                ? TimeSpan.FromMicroseconds(period)
                : null,
            note
        );

    /// <summary>The variables that are for this program alone, not for those that it starts.</summary>
    public static void HideFromChildren()
    {
        foreach (var variable in (string[])[SocketVariable, PeriodVariable, WatchedVariable])
            Environment.SetEnvironmentVariable(variable, null);
    }

    /// <summary>The portal serves.</summary>
    public void Ready(string status) => Tell($"READY=1\nSTATUS={status}");

    /// <summary>The portal ends.</summary>
    public void Stopping() => Tell("STOPPING=1\nSTATUS=stopping");

    /// <summary>The portal was found well.</summary>
    public void Alive() => Tell("WATCHDOG=1");

    /// <summary>What it is doing; one line.</summary>
    public void Status(string status) => Tell($"STATUS={status}");

    /// <summary>Gives a listening socket into its keeping, so that the next start finds it.</summary>
    public void Keep(string name, int descriptor) => Tell($"FDSTORE=1\nFDPOLL=0\nFDNAME={name}", descriptor);

    /// <summary>Has it close a socket in its keeping.</summary>
    public void Forget(string name) => Tell($"FDSTOREREMOVE=1\nFDNAME={name}");

    /// <summary>Whether a variable with a process id names this process; where it is missing, any is meant.</summary>
    internal static bool IsMeant(string? process) =>
        process is null or "" || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// A manager that cannot be told is no reason to serve nobody; it will say itself that it heard nothing.
    /// </summary>
    private void Tell(string message, int? descriptor = null)
    {
        if (_socket is null)
            return;
        try
        {
            ServiceManagerNative.Send(_socket, message, descriptor);
        }
        catch (IOException e)
        {
            _note($"warning: cannot tell the service manager '{message.Split('\n')[0]}': {e.Message}");
        }
    }
}
