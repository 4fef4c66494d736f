using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using EPortal.EndToEnd.Portal;

namespace EPortal.EndToEnd.Service;

/// <summary>
/// What systemd does for a service, without systemd: hands listening sockets over as file descriptors from 3 on, hears
/// what the service tells, and keeps the sockets that it is given (sd_listen_fds(3), sd_notify(3)).
/// </summary>
internal sealed partial class ServiceManagerDouble : IDisposable
{
    private const int DuplicateFd = 0;
    private const int LevelSocket = 1;
    private const int ReceiveTimeout = 20;
    private const int MaxMessage = 4096;
    private const int ControlSize = 64;
    private const int FirstRight = 16;

    private readonly Socket _notify = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly Dictionary<string, int> _kept = [];
    private readonly string _path;
    private readonly Thread _listener;
    private volatile bool _ends;

    public ServiceManagerDouble(string path)
    {
        _path = path;
        _notify.Bind(new UnixDomainSocketEndPoint(path));
        _listener = new Thread(Listen) { IsBackground = true };
        _listener.Start();
    }

    /// <summary>What was told, a text a message.</summary>
    public ConcurrentQueue<string> Messages { get; } = new();

    /// <summary>Sockets that were given to keep, by name.</summary>
    public IReadOnlyDictionary<string, int> Kept
    {
        get
        {
            lock (_kept)
                return new Dictionary<string, int>(_kept);
        }
    }

    /// <summary>A listening socket as a socket unit has it.</summary>
    public static Socket Listening(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        socket.Listen(4096);
        return socket;
    }

    /// <summary>Starts a service with these sockets.</summary>
    /// <param name="start">How to start it.</param>
    /// <param name="sockets">Descriptors of this process by name.</param>
    /// <param name="watchdog">How often it has to be heard of.</param>
    public Task<PortalProcess> StartAsync(
        ProcessStartInfo start,
        IReadOnlyCollection<KeyValuePair<string, int>> sockets,
        TimeSpan? watchdog = null
    )
    {
        // Copies lie far from 3, and have no flag that would close them in the new program.
        var copies = sockets.Select(one => fcntl(one.Value, DuplicateFd, 200)).ToList();
        var moves = string.Concat(copies.Select((copy, index) => $"exec {index + 3}<&{copy} {copy}<&-; "));
        start.Environment["NOTIFY_SOCKET"] = _path;
        if (sockets.Count > 0)
        {
            start.Environment["LISTEN_FDS"] = sockets.Count.ToString(CultureInfo.InvariantCulture);
            start.Environment["LISTEN_FDNAMES"] = string.Join(':', sockets.Select(one => one.Key));
        }

        if (watchdog is { } period)
            start.Environment["WATCHDOG_USEC"] = ((long)period.TotalMicroseconds).ToString(
                CultureInfo.InvariantCulture
            );
        string[] program = [start.FileName, .. start.ArgumentList];
        start.FileName = "/bin/bash";
        start.ArgumentList.Clear();
        foreach (var argument in (string[])["-c", moves + "export LISTEN_PID=$$; exec \"$@\"", "bash", .. program])
            start.ArgumentList.Add(argument);
        try
        {
            return PortalProcess.StartAsync(start);
        }
        finally
        {
            foreach (var copy in copies)
                _ = close(copy);
        }
    }

    public void Dispose()
    {
        _ends = true;
        _listener.Join();
        _notify.Dispose();
        foreach (var descriptor in Kept.Values)
            _ = close(descriptor);
    }

    private void Listen()
    {
        _notify.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReceiveTimeout, ReceiveTimeout);
        while (!_ends)
        {
            if (_notify.Poll(TimeSpan.FromMilliseconds(ReceiveTimeout), SelectMode.SelectRead))
                Take();
        }
    }

    private unsafe void Take()
    {
        var bytes = stackalloc byte[MaxMessage];
        var control = stackalloc long[ControlSize / sizeof(long)];
        var part = new Part { Base = bytes, Length = MaxMessage };
        var header = new Header
        {
            Parts = &part,
            PartCount = 1,
            Control = control,
            ControlLength = ControlSize,
        };
        var length = recvmsg((int)_notify.Handle, &header, 0);
        if (length <= 0)
            return;
        var text = Encoding.UTF8.GetString(bytes, (int)length);
        if (text.StartsWith("FDSTORE=1", StringComparison.Ordinal) && ((int*)control)[2] == LevelSocket)
        {
            lock (_kept)
                _kept[text.Split("FDNAME=")[1]] = ((int*)control)[FirstRight / sizeof(int)];
        }

        if (text.StartsWith("FDSTOREREMOVE=1", StringComparison.Ordinal))
        {
            lock (_kept)
            {
                if (_kept.Remove(text.Split("FDNAME=")[1], out var descriptor))
                    _ = close(descriptor);
            }
        }

        Messages.Enqueue(text);
    }

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Part
    {
        public byte* Base;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Header
    {
        public byte* Name;
        public uint NameLength;
        public Part* Parts;
        public nuint PartCount;
        public long* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [LibraryImport("libc")]
    private static unsafe partial nint recvmsg(int socket, Header* message, int flags);

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command, int value);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
