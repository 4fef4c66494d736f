using System.Globalization;
using System.Text;
using System.Text.Json;
using EPortal.EndToEnd.Portal;
using EPortal.Tests.Hosting;
using Microsoft.Data.Sqlite;
using Shouldly;

namespace EPortal.EndToEnd.Replication;

/// <summary>
/// A portal that other portals reach at an address of its own, set up by a settings file as an administrator does it.
/// </summary>
internal sealed class Replica : IAsyncDisposable
{
    public const string SharedKey = "not-to-be-seen-anywhere-0123456789";
    public const string Admin = "admin";
    public const string Password = "a password of some length";

    /// <summary>Programs start slowly on a busy machine, and links pause after a failure.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly StringBuilder _said = new();
    private PortalProcess? _process;

    public Replica()
    {
        Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Ports.Free()}");
        Installation.Environment["EPORTAL_LISTEN"] = Url;
        Installation.Environment["EPORTAL_CONFIG"] = Installation.PathOf("config");
        Installation.Environment["EPORTAL_REGISTER_RATE_LIMIT"] = "0";
        Installation.Environment["EPORTAL_SERVER_CHANGES_PER_HOUR"] = "0";
        File.WriteAllText(Installation.PathOf("config"), "# nothing yet\n");
        Http = new HttpClient { BaseAddress = new Uri(Url) };
    }

    public PortalInstallation Installation { get; } = new();

    public string Url { get; }

    public HttpClient Http { get; }

    public PortalProcess Process => _process ?? throw new InvalidOperationException("the node does not run");

    /// <summary>What all its processes have said.</summary>
    public string Said => _said + _process?.Errors;

    /// <summary>Starts nodes: each follows the one before it, and in a ring the first the last.</summary>
    public static async Task<IReadOnlyList<Replica>> StartAsync(int count, bool isRing = false)
    {
        List<Replica> nodes = [.. Enumerable.Range(0, count).Select(_ => new Replica())];
        for (var n = 0; n < count; n++)
        {
            nodes[n].Configure(n > 0 || isRing ? nodes[(n + count - 1) % count].Url : null);
            await nodes[n].StartAsync();
        }

        return nodes;
    }

    /// <summary>Writes the settings of replication, which count from the next start on.</summary>
    public void Configure(string? leader, string key = SharedKey) =>
        File.WriteAllText(
            Installation.PathOf("config"),
            $"""
            NODE_URL = '{Url}'
            REPLICATION_SHARED_KEY = '{key}'
            {(leader is null ? "" : $"LEADER_URL = '{leader}'")}

            """
        );

    public async Task StartAsync() => _process = await Installation.ServeAsync();

    public async Task StopAsync(string signal = "TERM")
    {
        await Process.SignalAsync(signal);
        _said.AppendLine(Process.Errors);
        await Process.DisposeAsync();
        _process = null;
    }

    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>What <c>replication --short-status</c> says, with its exit code.</summary>
    public async Task<(int ExitCode, JsonElement State)> ShortStatusAsync()
    {
        var result = await Installation.TryAsync("replication", "--short-status");
        using var json = JsonDocument.Parse(result.Stdout);
        return (result.ExitCode, json.RootElement.Clone());
    }

    /// <summary>Waits until <c>--short-status</c> is content: ok, and no rows differ from any node's.</summary>
    public Task IsWellAsync() =>
        Eventually.IsTrueAsync(
            $"replication of {Url} is well",
            async () =>
            {
                var (exit, state) = await ShortStatusAsync();
                var links = state.GetProperty("upstream").EnumerateObject().Select(link => link.Value).ToList();
                var isOk = state.GetProperty("ok").GetBoolean();
                exit.ShouldBe(isOk ? 0 : 1);
                return isOk
                    && links.Count > 0
                    && links.All(link =>
                        link.GetProperty("state").GetString() == "in-sync"
                        && link.GetProperty("differing").GetArrayLength() == 0
                    );
            },
            deadline: Patience
        );

    /// <summary>The first column of a query on the store.</summary>
    public IReadOnlyList<string> Texts(string sql)
    {
        using var database = new SqliteConnection(
            $"Data Source={Path.Combine(Installation.DataDir, "eportal.sqlite")};Pooling=False"
        );
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = sql;
        using var row = command.ExecuteReader();
        var texts = new List<string>();
        while (row.Read())
            texts.Add(row.GetString(0));
        return texts;
    }

    /// <summary>Each origin and its last operation that is here.</summary>
    public IReadOnlyList<string> Vector() =>
        Texts("SELECT origin || '.' || sequence FROM version_vector WHERE sequence > 0 ORDER BY 1");

    /// <summary>Waits until nodes have the same operations, and all that hosts said is in their rows.</summary>
    public static Task HaveSettledAsync(params IReadOnlyList<Replica> nodes) =>
        Eventually.IsTrueAsync(
            "nodes have the same changes",
            () =>
                Task.FromResult(
                    nodes.All(node => node.Texts("SELECT count(*) || '' FROM checkin_log")[0] == "0")
                        && nodes.Skip(1).All(node => node.Vector().SequenceEqual(nodes[0].Vector()))
                ),
            deadline: Patience
        );

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        Http.Dispose();
        Installation.Dispose();
    }
}
