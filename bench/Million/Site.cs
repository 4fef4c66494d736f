using System.Diagnostics;
using Bench.Filters;
using Microsoft.Data.Sqlite;

namespace Bench.Million;

/// <summary>A portal with a fleet of one size, in a folder of its own.</summary>
internal sealed class Site(string folder, string programs, int servers, int? fixedPort = null) : IDisposable
{
    private readonly PortalUnderTest _portal = new(folder, programs);
    private Server? _server;
    private int? _port = fixedPort;

    public int Servers { get; } = servers;

    public PortalUnderTest Portal => _portal;

    public Server Server => _server ?? throw new InvalidOperationException("It is not started.");

    public string Database => Path.Combine(folder, "data", "eportal.sqlite");

    /// <summary>
    /// Writes the fleet: keys, feeds, a patchset, and so many servers that have said what they will say again.
    /// </summary>
    public async Task FurnishAsync(Site? like)
    {
        Directory.CreateDirectory(folder);
        if (like is null)
        {
            await FilterRun.FurnishAsync(_portal, folder);
            foreach (var file in SizedFile.All)
                await _portal.DeployAsync(file.Patchset, file.TargetId, file.Bytes);
        }
        else
        {
            using var copy = Process.Start("cp", ["-a", Path.GetDirectoryName(like.Database)!, folder]);
            await copy.WaitForExitAsync();
        }
    }

    /// <summary>Adds the servers; after all copies were made.</summary>
    public void Fill() => Fleet.Write(Database, Servers, FleetRequests.Address, new FleetRequests(Servers).DigestOf);

    /// <summary>Starts it, always on the same port, and gives the seconds until it answered.</summary>
    public async Task<double> StartAsync()
    {
        var clock = Stopwatch.StartNew();
        _server = await _portal.ServeAsync(_port ??= Bench.Server.FreePort());
        using var http = new HttpClient();
        await http.GetStringAsync(new Uri($"http://127.0.0.1:{_server.Port}/healthz"));
        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>Waits until all that hosts said is in their rows, and gives the seconds that took.</summary>
    public async Task<double> CatchUpAsync()
    {
        var clock = Stopwatch.StartNew();
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False;Mode=ReadOnly");
        connection.Open();
        using var look = connection.CreateCommand();
        look.CommandText =
            "SELECT (SELECT count(*) FROM checkin_log) + (SELECT coalesce((SELECT max(local) FROM server), 0) - coalesce((SELECT max(server) FROM server_search), 0))";
        while ((long)look.ExecuteScalar()! > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>One number of its database.</summary>
    public long Count(string sql) => File.Exists(Database) ? (long)Look(sql)! : 0;

    /// <summary>What it has received of each origin, as text.</summary>
    public string Vector() =>
        File.Exists(Database)
            ? (string?)Look(
                "SELECT group_concat(origin || ':' || sequence) FROM (SELECT origin, sequence FROM version_vector WHERE sequence > 0 ORDER BY origin)"
            )
                ?? ""
            : "";

    /// <summary>Stops it; it can be started again.</summary>
    public void Stop() => Dispose();

    public void Dispose()
    {
        _server?.Dispose();
        _server = null;
    }

    private object? Look(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False;Mode=ReadOnly");
        connection.Open();
        using var look = connection.CreateCommand();
        look.CommandText = sql;
        try
        {
            return look.ExecuteScalar();
        }
        catch (SqliteException)
        {
            return 0L; // It is just being made.
        }
    }
}
