using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EPortal.EndToEnd.Portal;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Trouble;

/// <summary>
/// A portal that is told to stop does, soon, whoever is in the middle of something; what was acknowledged stays.
/// </summary>
public sealed class StopTests : IDisposable
{
    private const string ReadX64 = "0";
    private const string ReadArm64 = "63";

    private static readonly TimeSpan s_most = TimeSpan.FromSeconds(10);

    private readonly PortalInstallation _installation = new();
    private readonly List<IDisposable> _open = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _open.ForEach(open => open.Dispose());
        _installation.Dispose();
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task It_stops_within_ten_seconds_whoever_reads_slowly_and_keeps_what_it_acknowledged(string signal)
    {
        await _installation.DoAsync("key", "-a", "fleet");
        await _installation.DoAsync("kcare", "deploy", await _installation.BuildAsync("K1", 1, 32 << 20));
        await using var portal = await _installation.ServeAsync();
        using var http = new HttpClient { BaseAddress = portal.Address };
        var host = await http.RegisterAsync("fleet");
        await NeverReadAsync(portal, $"/{Sample.Target}/1/kpatch.bin");
        await BeginAsync(
            portal,
            "POST /admin/api/kcare/checkin HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{\"server_id\":"
        );
        await BeginAsync(
            portal,
            "POST /admin/upload-patchset HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
        );
        await BeginAsync(portal, "GET /healthz HT");
        (await http.CheckInAsync(host, "acknowledged")).StatusCode.ShouldBe(HttpStatusCode.OK);

        var clock = Stopwatch.StartNew();
        (await portal.SignalAsync(signal)).ShouldBe(0, portal.Errors);

        clock.Elapsed.ShouldBeLessThan(s_most);
        (await _installation.DoAsync("server", "list")).ShouldContain("acknowledged");
    }

    [Fact]
    public async Task It_stops_while_a_source_drips()
    {
        using var source = new TcpListener(IPAddress.Loopback, 0);
        source.Start();
        _installation.Environment["EPORTAL_PATCH_SOURCE_URL"] =
            $"http://127.0.0.1:{((IPEndPoint)source.LocalEndpoint).Port}/";
        _installation.Environment["EPORTAL_PATCH_SOURCE_TIMEOUT"] = "600";
        await using var portal = await _installation.ServeAsync();
        using var asked = await source.AcceptTcpClientAsync(Cancel);
        await asked.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{"u8.ToArray(), Cancel);

        var clock = Stopwatch.StartNew();
        (await portal.SignalAsync("TERM")).ShouldBe(0, portal.Errors);

        clock.Elapsed.ShouldBeLessThan(s_most);
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public async Task A_second_signal_ends_it_at_once(string signal, int exit)
    {
        await _installation.DoAsync("kcare", "deploy", await _installation.BuildAsync("K1", 1, 32 << 20));
        await using var portal = await _installation.ServeAsync();
        await NeverReadAsync(portal, $"/{Sample.Target}/1/kpatch.bin");
        var clock = Stopwatch.StartNew();
        using (var kill = Process.Start("kill", [$"-{signal}", $"{portal.Id}"]))
            await kill.WaitForExitAsync(Cancel);
        await Eventually.IsTrueAsync("it takes no more connections", () => CannotConnectAsync(portal));

        (await portal.SignalAsync(signal)).ShouldBe(exit, portal.Errors);

        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task A_command_that_waits_for_a_line_ends_too()
    {
        using var process = Process.Start(_installation.Start(Programs.Command, ["user", "-a", "-p", "-", "alice"]))!;
        await Eventually.IsTrueAsync("it waits for a line", () => Task.FromResult(ReadsInput(process.Id)));
        var clock = Stopwatch.StartNew();
        using (var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
            await kill.WaitForExitAsync(Cancel);

        await process.WaitForExitAsync(Cancel);

        clock.Elapsed.ShouldBeLessThan(s_most);
        process.ExitCode.ShouldBe(130);
    }

    [Fact]
    public async Task Nothing_is_left_in_tmp_for_debuggers_to_connect_to()
    {
        await using var portal = await _installation.ServeAsync();

        Directory
            .GetFiles(Path.GetTempPath(), $"*-{portal.Id}-*")
            .Select(Path.GetFileName)
            .Where(name =>
                name!.StartsWith("dotnet-diagnostic", StringComparison.Ordinal)
                || name.StartsWith("clr-debug", StringComparison.Ordinal)
            )
            .ShouldBeEmpty();

        _installation.Environment["DOTNET_EnableDiagnostics"] = "1";
        await using var asked = await _installation.ServeAsync();
        Directory
            .GetFiles(Path.GetTempPath(), $"dotnet-diagnostic-{asked.Id}-*")
            .ShouldNotBeEmpty("who asks for it gets it, and this test would notice");
    }

    /// <summary>Asks for much and reads nothing of it.</summary>
    private async Task NeverReadAsync(PortalProcess portal, string path)
    {
        var socket = await BeginAsync(portal, $"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
        socket.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead).ShouldBeTrue("the answer has begun");
    }

    private async Task<Socket> BeginAsync(PortalProcess portal, string request)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveBufferSize = 4096,
        };
        _open.Add(socket);
        await socket.ConnectAsync(portal.Address.Host, portal.Address.Port, Cancel);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request), Cancel);
        return socket;
    }

    private static async Task<bool> CannotConnectAsync(PortalProcess portal)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(portal.Address.Host, portal.Address.Port, Cancel);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    /// <summary>
    /// Whether a thread of a process waits in read(2) for its standard input (proc(5), /proc/PID/task/TID/syscall).
    /// </summary>
    private static bool ReadsInput(int process)
    {
        try
        {
            var input = LinkOf(process, "0");
            return Directory
                .EnumerateDirectories($"/proc/{process}/task")
                .Any(task =>
                    File.ReadAllText(Path.Combine(task, "syscall")).Split(' ')
                        is [ReadX64 or ReadArm64, ['0', 'x', .. var number], ..]
                    && LinkOf(process, $"{Convert.ToInt32(number, 16)}") == input
                );
        }
        catch (IOException)
        {
            return false; // A thread has ended meanwhile.
        }

        // The runtime reads by a copy of the descriptor.
        static string? LinkOf(int process, string descriptor) =>
            new FileInfo($"/proc/{process}/fd/{descriptor}").LinkTarget;
    }
}
