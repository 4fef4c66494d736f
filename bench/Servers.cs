using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Bench;

/// <summary>A server under load, in a process of its own that ends with this one's work.</summary>
internal sealed class Server : IDisposable
{
    private readonly Process _process;

    private Server(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <summary>Resident memory in MiB, of the process alone.</summary>
    public double MemoryMiB
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1048576.0;
        }
    }

    /// <summary>The most memory the process had resident so far, in MiB.</summary>
    public double PeakMiB => StatusOf("VmHWM:") / 1024.0;

    /// <summary>Files, sockets and the like that it has open.</summary>
    public int Handles => Directory.GetFiles($"/proc/{_process.Id}/fd").Length;

    /// <summary>Ends it as a power cut would, but for the kernel's own memory.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    private double StatusOf(string name) =>
        double.Parse(
            File.ReadLines($"/proc/{_process.Id}/status")
                .First(line => line.StartsWith(name, StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2],
            CultureInfo.InvariantCulture
        );

    /// <summary>Processor time of the process so far.</summary>
    public double CpuSeconds
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime.TotalSeconds;
        }
    }

    /// <summary>Starts a program and waits until it takes connections.</summary>
    public static async Task<Server> StartAsync(
        int port,
        string program,
        IReadOnlyList<string> args,
        IReadOnlyDictionary<string, string>? environment = null
    )
    {
        var start = new ProcessStartInfo(program, args);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        for (
            var patience = Stopwatch.StartNew();
            patience.Elapsed < TimeSpan.FromSeconds(20) && !process.HasExited;
            await Task.Delay(20)
        )
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, port);
                return new Server(process, port);
            }
            catch (SocketException)
            {
                // Not yet.
            }
        }

        throw new InvalidOperationException($"{program} does not listen on {port}.");
    }

    public static Task<Server> BareAsync()
    {
        var port = FreePort();
        return StartAsync(port, Environment.ProcessPath!, ["floor", port.ToString(CultureInfo.InvariantCulture)]);
    }

    /// <summary>nginx that serves a folder.</summary>
    public static Task<Server> NginxAsync(string folder, string files) =>
        NginxAsync(folder, "nginx", $"access_log off; root {files};");

    /// <summary>nginx with one server of these directives.</summary>
    public static Task<Server> NginxAsync(string folder, string name, string server, string http = "")
    {
        var port = FreePort();
        var config = Path.Combine(folder, $"{name}.conf");
        File.WriteAllText(
            config,
            $$"""
            daemon off; worker_processes auto; pid {{folder}}/{{name}}.pid; error_log {{folder}}/{{name}}.log; user root;
            events { worker_connections 4096; }
            http {
              sendfile on; tcp_nopush on; keepalive_requests 1000000; default_type application/octet-stream;
              {{http}}
              server { listen 127.0.0.1:{{port}}; {{server}} }
            }
            """
        );
        return StartAsync(port, "/usr/sbin/nginx", ["-c", config]);
    }

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        if (_process.HasExited)
        {
            _process.Dispose();
            return;
        }

        // nginx has children, which end with a polite signal only.
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
            kill.WaitForExit();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
