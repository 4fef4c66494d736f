using System.Globalization;
using System.Text.Unicode;
using Bench.Filters;
using EPortal.Agents;
using EPortal.Servers.CheckIns;

namespace Bench.Million;

/// <summary>
/// The requests of a fleet, written one after another into one buffer: a million would not fit into memory.
/// </summary>
internal sealed class FleetRequests(int servers)
{
    private readonly byte[] _buffer = new byte[2048];
    private readonly string[] _kernels = [.. Enumerable.Range(0, Fleet.Kernels + 1).Select(Fleet.Kernel)];

    /// <summary>Where the fleet calls from.</summary>
    public const string Address = "127.0.0.1";

    /// <summary>The digest that the portal has of what a host says when nothing is new.</summary>
    public long DigestOf(int n)
    {
        var length = WriteBody(_buffer, n, "5.14.0-570.el9.x86_64", uptime: 100_000);
        return CheckInScan.TryRead(_buffer.AsSpan(0, length), Address, out var scan)
            ? FactsDigest.ForFeed(
                scan.Digest,
                FactsDigest.OfFeed(Fleet.Feed(n % 2 == 0 ? 0 : n / 2 % Fleet.Keys % Fleet.Feeds))
            )
            : throw new InvalidOperationException("The portal cannot look through this check-in.");
    }

    /// <summary>
    /// A check-in that says what the host said before. One host in ten does so never: it is left to
    /// <see cref="Changed"/>.
    /// </summary>
    public ReadOnlyMemory<byte> Same(int turn) => CheckIn(HostOf(turn, servers), "5.14.0-570.el9.x86_64");

    /// <summary>
    /// A check-in of another effective kernel than the last of that host, which makes a line of its history too.
    /// </summary>
    public ReadOnlyMemory<byte> Changed(int turn, int round) =>
        CheckIn((HostOf(turn, servers) / 10 * 10) + 9, $"5.14.0-{600 + round}.{turn & 0xffffff:x6}.el9");

    /// <summary>A check-in of one host that says something new with every serial.</summary>
    public ReadOnlyMemory<byte> New(int n, int serial) => CheckIn(n, EunameOf(serial));

    /// <summary>What it says then.</summary>
    public static string EunameOf(int serial) =>
        string.Create(CultureInfo.InvariantCulture, $"5.14.0-600.{serial}.el9");

    /// <summary>What level to run, without a check-in.</summary>
    public ReadOnlyMemory<byte> Latest(int turn)
    {
        var n = HostOf(turn, servers);
        Span<byte> credentials = stackalloc byte[27];
        Utf8.TryWrite(credentials, $"B{n:d15}:kernelcare", out _);
        Utf8.TryWrite(
            _buffer,
            $"GET /{_kernels[n % Fleet.Kernels]}/latest.v2 HTTP/1.1\r\nHost: bench\r\nAuthorization: Basic ",
            out var length
        );
        System.Buffers.Text.Base64.EncodeToUtf8(credentials, _buffer.AsSpan(length), out _, out var written);
        length += written;
        "\r\n\r\n"u8.CopyTo(_buffer.AsSpan(length));
        return _buffer.AsMemory(0, length + 4);
    }

    /// <summary>The registration of a new host.</summary>
    public ReadOnlyMemory<byte> Register(int turn)
    {
        Utf8.TryWrite(
            _buffer,
            $"GET /admin/api/kcare/register_server.plain?hostname=new-{turn:d8}.example.com&key={Fleet.Key(turn % Fleet.Keys)} HTTP/1.1\r\nHost: bench\r\n\r\n",
            out var length
        );
        return _buffer.AsMemory(0, length);
    }

    /// <summary>
    /// The host that calls at that turn; they call in no order, and those that change never as those that do not.
    /// </summary>
    public static int HostOf(int turn, int servers) =>
        (int)((turn * 611_953L) % servers) is var n && n % 10 == 9 ? n - 1 : n;

    private ReadOnlyMemory<byte> CheckIn(int n, string euname)
    {
        const int Room = 256;
        var body = WriteBody(_buffer.AsSpan(Room), n, euname, 100_000 + (Environment.TickCount64 / 1000));
        Span<byte> head = stackalloc byte[Room];
        Utf8.TryWrite(
            head,
            $"POST /admin/api/kcare/checkin HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {body}\r\n\r\n",
            out var length
        );
        head[..length].CopyTo(_buffer.AsSpan(Room - length));
        return _buffer.AsMemory(Room - length, length + body);
    }

    private int WriteBody(Span<byte> buffer, int n, string euname, long uptime)
    {
        var kind =
            n % 3 == 0 ? "web"
            : n % 3 == 1 ? "db"
            : "app";
        Utf8.TryWrite(
            buffer,
            $$"""{"server_id":"B{{n:d15}}","hostname":"{{kind}}-{{n:d6}}.dc{{n % 7}}.example.com","kernel_id":"{{_kernels[n % 100 == 2 ? Fleet.Kernels : n % Fleet.Kernels]}}","release":"5.14.0-503.el9.x86_64","euname":"{{euname}}","patch_level":{{Fleet.LevelOf(n)}},"patch_type":"default","uptime":{{uptime}},"version":"#1 SMP","virt":"kvm","kcare_version":"1.0.0","distro":"AlmaLinux","distro_version":"9.5","machine":"x86_64","processor":"x86_64"}""",
            out var length
        );
        return length;
    }
}
