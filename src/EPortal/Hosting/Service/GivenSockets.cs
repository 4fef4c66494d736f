using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EPortal.Hosting.Service;

/// <summary>A listening socket that this program was started with.</summary>
/// <param name="Descriptor">Its number in this process.</param>
/// <param name="Name">What the service manager calls it.</param>
/// <param name="Address">Where it listens.</param>
internal sealed record GivenSocket(int Descriptor, string Name, IPEndPoint Address);

/// <summary>
/// Listening sockets that the service manager hands over at the start (sd_listen_fds(3)): those of a socket unit, and
/// those that an earlier run of this program gave it to keep.
/// </summary>
internal static class GivenSockets
{
    private const string ProcessVariable = "LISTEN_PID";
    private const string CountVariable = "LISTEN_FDS";
    private const string NamesVariable = "LISTEN_FDNAMES";
    private const int First = 3;

    /// <summary>More than anybody has addresses; a service manager's own bound is lower.</summary>
    private const int Most = 256;

    /// <summary>Takes them over.</summary>
    /// <param name="environment">Environment of this process.</param>
    /// <param name="note">Takes a line about each that cannot be used.</param>
    public static IReadOnlyList<GivenSocket> Take(IReadOnlyDictionary<string, string> environment, Action<string> note)
    {
        var process = environment.GetValueOrDefault(ProcessVariable);
        if (
            string.IsNullOrEmpty(process)
            || !ServiceManager.IsMeant(process)
            || !int.TryParse(
                environment.GetValueOrDefault(CountVariable),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var count
            )
        )
            return [];
        var names = environment.GetValueOrDefault(NamesVariable)?.Split(':') ?? [];
        var taken = new List<GivenSocket>();
        for (var i = 0; i < Math.Min(count, Most); i++)
        {
            var name = i < names.Length ? names[i] : "";
            if (AddressOrNull(First + i) is { } address)
                taken.Add(new GivenSocket(First + i, name, address));
            else
                note($"warning: file descriptor {First + i} ('{name}') is no listening TCP socket and is not used");
        }

        return taken;
    }

    /// <summary>The variables that are for this program alone.</summary>
    public static void HideFromChildren()
    {
        foreach (var variable in (string[])[ProcessVariable, CountVariable, NamesVariable])
            Environment.SetEnvironmentVariable(variable, null);
    }

    private static IPEndPoint? AddressOrNull(int descriptor)
    {
        ServiceManagerNative.KeepFromChildren(descriptor);
        try
        {
            using var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: false));
            return socket.SocketType == SocketType.Stream && ServiceManagerNative.Listens(socket)
                ? socket.LocalEndPoint as IPEndPoint
                : null;
        }
        catch (SocketException)
        {
            return null; // No socket, or not open at all.
        }
    }
}
