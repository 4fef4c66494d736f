using System.Globalization;
using System.Net;
using System.Net.Sockets;
using EPortal.EndToEnd.Portal;
using EPortal.Tests.Hosting;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Trouble;

/// <summary>What may be in the way at the start. Each ends with one sentence that says so, and exit code 1.</summary>
public sealed class StartTroubleTests : IDisposable
{
    private readonly PortalInstallation _installation = new();

    public void Dispose() => _installation.Dispose();

    [Fact]
    public async Task A_port_that_is_taken()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        _installation.Environment["EPORTAL_LISTEN"] = $"http://127.0.0.1:{port}";

        await RefusesAsync("address already in use", port);
    }

    [Fact]
    public async Task A_data_folder_that_is_a_file()
    {
        await File.WriteAllTextAsync(_installation.DataDir, "", TestContext.Current.CancellationToken);

        await RefusesAsync("is a file; set DATA_DIR", _installation.DataDir);
    }

    [Fact]
    public async Task A_data_folder_of_somebody_else()
    {
        Assert.SkipUnless(Shell.IsRoot, "only root can give a folder away");
        Directory.CreateDirectory(_installation.DataDir);
        Shell.Run("chown", "nobody", _installation.DataDir);

        await RefusesAsync("belongs to user 'nobody'", _installation.DataDir);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20_000)]
    public async Task A_database_that_is_damaged(int kept)
    {
        await _installation.DoAsync("key", "-a", "first");
        var database = Path.Combine(_installation.DataDir, "eportal.sqlite");
        var bytes = (await File.ReadAllBytesAsync(database, TestContext.Current.CancellationToken))
            .Take(kept)
            .ToArray();
        await File.WriteAllBytesAsync(
            database,
            kept > 0 ? bytes : [.. Enumerable.Repeat((byte)'x', 8192)],
            TestContext.Current.CancellationToken
        );

        await RefusesAsync("is damaged");
    }

    [Fact]
    public async Task A_database_of_a_newer_version()
    {
        await _installation.DoAsync("key", "-a", "first");
        await using (
            var database = new SqliteConnection(
                $"Data Source={Path.Combine(_installation.DataDir, "eportal.sqlite")};Pooling=False"
            )
        )
        {
            database.Open();
            await using var command = database.CreateCommand();
            command.CommandText =
                "INSERT INTO schema_version (ScriptName, Applied) VALUES ('9999_future.sql', '2099-01-01')";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await RefusesAsync("was written by a newer version", "9999_future.sql");
        var key = await _installation.TryAsync("key");
        key.ExitCode.ShouldBe(1, key.ToString());
    }

    [Fact]
    public async Task A_database_that_is_missing_until_a_new_portal_is_asked_for()
    {
        await _installation.DoAsync("key", "-a", "first");
        foreach (var file in Directory.GetFiles(_installation.DataDir, "eportal.sqlite*"))
            File.Delete(file);

        await RefusesAsync("eportal.sqlite is missing", "restore it from a backup", "`eportal serve --new`");
        foreach (
            var command in (string[][])
                [
                    ["key", "-a", "second"],
                    ["user"],
                    ["doctor", _installation.PathOf("d")],
                    ["kcare", "list"],
                ]
        )
        {
            var result = await _installation.TryAsync(command);
            result.ExitCode.ShouldBe(1, result.ToString());
            result.Stderr.ShouldContain("eportal.sqlite is missing");
        }

        await using var portal = await PortalProcess.StartAsync(
            _installation.Start(Programs.Portal, ["serve", "--new"])
        );
        (await _installation.DoAsync("key")).ShouldNotContain("first");
    }

    [Theory]
    [InlineData("instance-id")]
    [InlineData("config/signing.key")]
    public async Task A_file_of_its_own_that_is_damaged(string name)
    {
        await _installation.DoAsync("key");
        var path = Path.Combine(_installation.DataDir, name);
        await File.WriteAllTextAsync(path, "", TestContext.Current.CancellationToken);

        await RefusesAsync(path);
    }

    [Fact]
    public async Task A_second_server_on_the_same_folder_is_refused_its_port_or_serves_the_same()
    {
        await _installation.DoAsync("key", "-a", "fleet");
        await using var first = await _installation.ServeAsync();
        await using var second = await _installation.ServeAsync();
        using var http = new HttpClient { BaseAddress = first.Address };
        using var other = new HttpClient { BaseAddress = second.Address };
        var host = await http.RegisterAsync("fleet");

        await _installation.DoAsync("kcare", "deploy", await _installation.BuildAsync("K1", 1, 1000));

        foreach (var server in new[] { http, other })
            (
                await (await server.CheckInAsync(host, "h")).Content.ReadAsStringAsync(
                    TestContext.Current.CancellationToken
                )
            ).ShouldContain("K1");
        _installation.Environment["EPORTAL_LISTEN"] = first.Address.ToString();
        await RefusesAsync("address already in use");
        (await http.CheckInAsync(host, "h")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Settings_with_a_mistake_in_them()
    {
        _installation.Environment["EPORTAL_CONFIG"] = _installation.PathOf("config");
        await File.WriteAllTextAsync(
            _installation.PathOf("config"),
            "CACHE_MODE = True\nLISTEM = 'http://127.0.0.1:1'\n",
            TestContext.Current.CancellationToken
        );

        await RefusesAsync("config:2: unknown setting LISTEM", "LISTEN");
    }

    [Fact]
    public async Task Settings_that_change_nothing_are_told_and_do_not_stop_it()
    {
        _installation.Environment["EPORTAL_CONFIG"] = _installation.PathOf("config");
        await File.WriteAllTextAsync(
            _installation.PathOf("config"),
            "BUNITS = {'a': 1}\nREPLICATION_CLEAN_AGGRESSIVE_AGE = 60  # not needed\n",
            TestContext.Current.CancellationToken
        );

        await using var portal = await _installation.ServeAsync();

        await Eventually.IsTrueAsync(
            "warnings are told",
            () =>
                Task.FromResult(
                    portal.Errors.Contains(
                        "config:2: REPLICATION_CLEAN_AGGRESSIVE_AGE has no effect",
                        StringComparison.Ordinal
                    )
                )
        );
        portal.Errors.ShouldContain("config:1: unknown setting BUNITS ignored");
    }

    private async Task RefusesAsync(params string[] said)
    {
        var serve = await _installation.RunAsync(Programs.Portal, "serve");
        serve.ExitCode.ShouldBe(1, serve.ToString());
        serve.Stderr.ShouldStartWith("error: ");
        foreach (var part in said)
            serve.Stderr.ShouldContain(part);
        serve.Stderr.ShouldNotContain("internal error");
        serve.Stdout.ShouldBeEmpty();
    }
}
