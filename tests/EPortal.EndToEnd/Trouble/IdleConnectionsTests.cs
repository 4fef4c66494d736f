using System.Globalization;
using System.Net;
using System.Net.Sockets;
using EPortal.EndToEnd.Portal;
using Xunit;

namespace EPortal.EndToEnd.Trouble;

/// <summary>Ten thousand connections that say nothing, or only the beginning of a request.</summary>
public sealed class IdleConnectionsTests : IDisposable
{
    private const int Connections = 10_000;
    private const double MostMiB = 300;

    private readonly PortalInstallation _installation = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _installation.Dispose();

    [Fact]
    public async Task They_cost_bounded_memory_and_others_are_served()
    {
        await using var portal = await _installation.ServeAsync();
        using var http = new HttpClient { BaseAddress = portal.Address };
        await http.GetStringAsync("/healthz", Cancel);
        var before = ResidentMiB(portal.Id);
        var sockets = new List<Socket>(Connections);
        try
        {
            for (var number = 0; number < Connections; number++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                // More than one address, for one has not that many ports free on every machine.
                socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)(2 + number % 4)]), 0));
                await socket.ConnectAsync(portal.Address.Host, portal.Address.Port, Cancel);
                if (number % 2 == 0)
                    await socket.SendAsync("GET /healthz HTT"u8.ToArray(), Cancel);
            }

            Assert.Equal("ok\n", await http.GetStringAsync("/healthz", Cancel));
            using var fresh = new HttpClient { BaseAddress = portal.Address };
            Assert.Equal("ok\n", await fresh.GetStringAsync("/healthz", Cancel));
            Assert.InRange(ResidentMiB(portal.Id) - before, double.MinValue, MostMiB);
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    private static double ResidentMiB(int process) =>
        double.Parse(
            File.ReadLines($"/proc/{process}/status")
                .First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^2],
            CultureInfo.InvariantCulture
        ) / 1024;
}
