using System.Net.Http.Json;
using EPortal.AgentClient.Wire;
using EPortal.Data;
using EPortal.Hosting;
using EPortal.Replication;
using EPortal.Tests.Agents;
using EPortal.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EPortal.Tests.Replication;

/// <summary>A portal that replicates: a real store in a folder of its own, real HTTP, a clock and a transport of its
/// own.</summary>
internal sealed class ReplicaNode : IAsyncDisposable
{
    public const string SharedKey = "0123456789abcdef0123456789abcdef";

    private readonly TempFolder _folder = new();
    private readonly Func<Settings, Settings> _change;
    private WebApplication? _app;
    private Portal? _portal;

    private ReplicaNode(int port, int seed, Func<Settings, Settings> change)
    {
        (Url, _change) = ($"http://127.0.0.1:{port}", change);
        Transport = new FaultyTransport(seed);
        Http = new HttpClient { BaseAddress = new Uri(Url) };
    }

    public string Url { get; }

    public string? Leader { get; private set; }

    public ShiftedTime Time { get; } = new();

    public FaultyTransport Transport { get; }

    public HttpClient Http { get; }

    public Portal Portal => _portal ?? throw new InvalidOperationException("the node does not run");

    public bool IsRunning => _portal is not null;

    public string DataFolder => _folder.File("data");

    public IServiceProvider Services => _app!.Services;

    /// <summary>Starts a node that follows another.</summary>
    public static async Task<ReplicaNode> StartAsync(
        string? leader = null,
        int seed = 0,
        Func<Settings, Settings>? change = null,
        TimeSpan shift = default
    )
    {
        var node = new ReplicaNode(Ports.Free(), seed, change ?? (settings => settings)) { Leader = leader };
        node.Time.Shift = shift;
        await node.StartAgainAsync();
        return node;
    }

    /// <summary>Makes it follow another from its next start on.</summary>
    public void Follow(string leader) => Leader = leader;

    public async Task StartAgainAsync()
    {
        var settings = _change(
            Settings.Defaults with
            {
                DataDir = DataFolder,
                Listen = [new Uri(Url)],
                RunAs = Shell.IsRoot ? "root" : null,
                RegisterRateLimit = 0,
                ServerChangesPerHour = 0,
                ServerStatsPeriod = null,
                SendCheckinPeriod = null,
                AutoUpdatePeriod = null,
                NodeUrl = new Uri(Url),
                LeaderUrl = Leader is { } leader ? new Uri(leader) : null,
                ReplicationSharedKey = [SharedKey],
            }
        );
        _portal = Portal.Open(
            settings,
            Time,
            change: services =>
            {
                services.AddSingleton(TestPortal.CheapHash);
                services.AddSingleton<HttpMessageHandler>(Transport);
            }
        );
        _app = WebPortal.Build(_portal);
        _app.Services.GetRequiredService<ILoggerFactory>();
        await _app.StartAsync(CancellationToken.None);
    }

    public async Task StopAsync()
    {
        if (_app is null)
            return;
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        await Portal.DisposeAsync();
        (_app, _portal) = (null, null);
    }

    public async Task<string> RegisterAsync(string hostname, string key)
    {
        var answer = await Http.GetStringAsync(
            $"/admin/api/kcare/register_server.plain?hostname={hostname}&key={key}",
            TestContext.Current.CancellationToken
        );
        return TestPortal.Lines(answer)["server_id"];
    }

    public async Task<HttpResponseMessage> CheckInAsync(CheckInRequest facts) =>
        await Http.PostAsJsonAsync(
            "/admin/api/kcare/checkin",
            facts,
            AgentJson.Default.CheckInRequest,
            TestContext.Current.CancellationToken
        );

    public IReadOnlyDictionary<string, long> Vector() => Portal.Database.Read(VersionVector.All);

    /// <summary>A hash of all replicated rows of each kind.</summary>
    public IReadOnlyDictionary<string, string> Digests() => Portal.Database.Read(Portal.Get<StateDigest>().Read);

    public T? Scalar<T>(string sql, object? parameters = null) =>
        Portal.Database.Read(session => Dapper.SqlMapper.ExecuteScalar<T>(session.Connection, sql, parameters));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Http.Dispose();
        Transport.Dispose();
        _folder.Dispose();
    }
}
