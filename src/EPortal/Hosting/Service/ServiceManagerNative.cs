using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace EPortal.Hosting.Service;

/// <summary>Calls of the C library that talk to a service manager.</summary>
internal static partial class ServiceManagerNative
{
    private const int LevelSocket = 1;
    private const int Rights = 1;
    private const int OptionAcceptsConnections = 30;
    private const int SetDescriptorFlags = 2;
    private const int CloseOnExec = 1;
    private const int NoSignal = 0x4000;
    private const int AddressFamilyUnix = 1;
    private const int MaxPath = 107;

    /// <summary>Size of a control message with one descriptor in it (cmsg(3)).</summary>
    private const int ControlSize = 24;
    private const int ControlLength = 20;

    /// <summary>Keeps a descriptor from programs that this one starts.</summary>
    public static void KeepFromChildren(int descriptor) => _ = fcntl(descriptor, SetDescriptorFlags, CloseOnExec);

    /// <summary>Whether a socket listens.</summary>
    public static bool Listens(Socket socket)
    {
        Span<byte> value = stackalloc byte[sizeof(int)];
        return socket.GetRawSocketOption(LevelSocket, OptionAcceptsConnections, value) == sizeof(int)
            && MemoryMarshal.Read<int>(value) != 0;
    }

    /// <summary>Sends one message to a datagram socket, and a descriptor with it.</summary>
    /// <param name="path">Address of the socket; an abstract one begins with <c>@</c>.</param>
    /// <param name="message">The message.</param>
    /// <param name="descriptor">The descriptor; null for none.</param>
    /// <exception cref="IOException">It cannot be sent.</exception>
    public static unsafe void Send(string path, string message, int? descriptor)
    {
        var name = Encoding.UTF8.GetBytes(path);
        if (name.Length is 0 or > MaxPath)
            throw new IOException($"{path} is no address of a socket");
        if (name[0] == (byte)'@')
            name[0] = 0;
        var text = Encoding.UTF8.GetBytes(message);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        var address = stackalloc byte[sizeof(ushort) + MaxPath + 1];
        *(ushort*)address = AddressFamilyUnix;
        name.CopyTo(new Span<byte>(address + sizeof(ushort), MaxPath));
        var control = stackalloc long[ControlSize / sizeof(long)];
        control[0] = ControlLength;
        ((int*)control)[2] = LevelSocket;
        ((int*)control)[3] = Rights;
        ((int*)control)[4] = descriptor ?? 0;
        fixed (byte* bytes = text)
        {
            var part = new Part { Base = bytes, Length = (nuint)text.Length };
            var header = new Header
            {
                Name = address,
                NameLength = (uint)(sizeof(ushort) + name.Length),
                Parts = &part,
                PartCount = 1,
                Control = descriptor is null ? null : control,
                ControlLength = (nuint)(descriptor is null ? 0 : ControlSize),
            };
            if (sendmsg((int)socket.Handle, &header, NoSignal) < 0)
                throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        }
    }

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Part
    {
        public byte* Base;
        public nuint Length;
    }

    /// <summary>struct msghdr.</summary>
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
    private static partial int fcntl(int descriptor, int command, int value);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint sendmsg(int socket, Header* message, int flags);
}
