using EPortal.Data;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.PatchSource;
using EPortal.Tests.Agents;
using EPortal.Tests.Cli;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Operations;

public sealed class CheckCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_portal_that_is_well_is_ok_in_one_line_with_performance_data()
    {
        await using var portal = await TestPortal.StartAsync();

        var (exit, output, error) = await portal.CommandLine().RunAsync(["check"]);

        exit.ShouldBe(0, error);
        output.ShouldMatch(
            @"\AEPORTAL OK - 9 checks passed \| 'outdated'=0;;;0; 'inactive'=0;;;0; 'up_to_date'=0;;;0; 'unsupported'=0;;;0; "
                + @"'free_data'=\d+B;;104857600:;0; 'free_patches'=\d+B;;104857600:;0;\n\z"
        );
    }

    [Theory]
    [InlineData(0, "EPORTAL OK", "--warning-outdated", "2")]
    [InlineData(1, "EPORTAL WARNING - 2 servers outdated", "--warning-outdated", "1")]
    [InlineData(1, "EPORTAL WARNING - 2 servers outdated", "--warning-outdated", "1", "--critical-outdated", "2")]
    [InlineData(2, "EPORTAL CRITICAL - 2 servers outdated", "--warning-outdated", "0", "--critical-outdated", "1")]
    [InlineData(0, "EPORTAL OK", "--critical-outdated", "0", "--key", "other")]
    [InlineData(0, "EPORTAL OK", "--critical-outdated", "0", "--feed", "test")]
    [InlineData(2, "EPORTAL CRITICAL", "--critical-outdated", "1", "--feed", "main", "--key", "k")]
    [InlineData(3, "EPORTAL UNKNOWN - key 'nope' not found", "--key", "nope")]
    [InlineData(3, "EPORTAL UNKNOWN - feed 'nope' not found", "--feed", "nope")]
    [InlineData(3, "EPORTAL UNKNOWN - invalid time '2x'", "--source-age-warning", "2x")]
    public async Task Servers_that_are_out_of_date_are_held_against_the_thresholds(
        int expected,
        string begins,
        params string[] options
    )
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.Portal.Feeds.Add(TestPortal.Admin, "test", new FeedSettings());
        await portal.Portal.Keys.Add(TestPortal.Admin, "other", new KeySettings());
        await portal.DeployAsync("K1", 1);
        foreach (var host in new[] { "a", "b" })
        {
            using var answer = await portal.CheckInAsync(TestPortal.Facts(await portal.RegisterAsync(host)));
        }

        var (exit, output, error) = await portal.CommandLine().RunAsync(["check", .. options]);

        output.ShouldStartWith(begins, Case.Sensitive, error);
        exit.ShouldBe(expected);
    }

    [Fact]
    public async Task Inactive_servers_are_counted_apart()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        using var answer = await portal.CheckInAsync(TestPortal.Facts(await portal.RegisterAsync()));
        portal.Time.Advance(TimeSpan.FromHours(49));

        var (exit, output, _) = await portal
            .CommandLine()
            .RunAsync(["check", "--warning-inactive", "0", "--critical-outdated", "0"]);

        exit.ShouldBe(1);
        output.ShouldContain("'outdated'=0;;0;0; 'inactive'=1;0;;0;");
    }

    [Fact]
    public async Task A_patch_source_that_failed_for_long_is_reported()
    {
        await using var portal = await TestPortal.StartAsync();
        var cli = portal.CommandLine();
        cli.Environment["EPORTAL_PATCH_SOURCE_URL"] = "'http://127.0.0.1:1/'";
        string[] check = ["check", "--source-age-warning", "12h", "--source-age-critical", "2d", "-v"];
        (await cli.RunAsync(check)).Exit.ShouldBe(2, "no sync ever worked");
        await portal.Portal.Log.Commit(
            Actor.Portal,
            change =>
            {
                SourceStore.Note(change, null, "Fetched.");
                return true;
            }
        );
        (await cli.RunAsync(check)).Exit.ShouldBe(0);
        portal.Time.Advance(TimeSpan.FromHours(13));

        var (exit, output, _) = await cli.RunAsync(check);

        exit.ShouldBe(1);
        output.ShouldContain("'source_age'=46800s;43200;172800;0;");
        output.ShouldContain("\nWARNING: source-age: last successful sync 13 hours ago\n");
    }

    [Fact]
    public async Task A_data_folder_that_is_not_there_is_critical_and_stays_away()
    {
        var path = _folder.File("nowhere");

        var (exit, output, _) = await PortalCli.On(path).RunAsync(["check"]);

        exit.ShouldBe(2);
        output.ShouldBe($"EPORTAL CRITICAL - data folder {path} not found\n");
        Directory.Exists(path).ShouldBeFalse();
    }

    [Fact]
    public async Task A_damaged_database_is_critical_and_an_empty_folder_too()
    {
        var path = _folder.File("data");
        Directory.CreateDirectory(path);
        (await PortalCli.On(path).RunAsync(["check"])).Out.ShouldBe(
            $"EPORTAL CRITICAL - no database in data folder {path}\n"
        );
        await File.WriteAllTextAsync(
            Path.Combine(path, "eportal.sqlite"),
            new string('x', 8192),
            TestContext.Current.CancellationToken
        );
        (await PortalCli.On(path).RunAsync(["check"])).Out.ShouldStartWith(
            $"EPORTAL CRITICAL - {path}/instance-id is missing"
        );
        await File.WriteAllTextAsync(
            Path.Combine(path, "instance-id"),
            "0123456789abcdef\n",
            TestContext.Current.CancellationToken
        );

        var (exit, output, _) = await PortalCli.On(path).RunAsync(["check", "--json"]);

        exit.ShouldBe(2);
        output.ShouldContain("the database is damaged");
        output.ShouldContain("\"state\": \"Critical\"");
    }

    [Fact]
    public async Task A_portal_is_asked_over_http_with_a_token_from_a_file_or_standard_input()
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                MetricsAllowedNetworks = [],
                MetricsToken = "t0ken",
                ReadyMinFreeBytes = 1L << 60,
            }
        );
        var file = _folder.File("token");
        await File.WriteAllTextAsync(file, "t0ken\n", TestContext.Current.CancellationToken);
        var cli = PortalCli.On(_folder.File("none"));
        string[] check = ["check", "--url", portal.Address.ToString()];

        var bare = await cli.RunAsync(check);
        var byFile = await cli.RunAsync([.. check, "--token", file]);
        var byInput = await cli.RunAsync([.. check, "--token", "-"], "t0ken\n");
        var wrong = await cli.RunAsync([.. check, "--warning-outdated", "1"]);

        bare.Exit.ShouldBe(2);
        bare.Out.ShouldBe("EPORTAL CRITICAL - disk-data: problem; disk-patches: problem\n");
        byFile.Out.ShouldContain($"{portal.DataFolder} has");
        byInput.Out.ShouldContain($"{portal.DataFolder} has");
        wrong.Exit.ShouldBe(3);
    }

    [Fact]
    public async Task A_portal_that_does_not_answer_or_is_none_is_critical()
    {
        await using var portal = await TestPortal.StartAsync();
        var cli = PortalCli.On(_folder.File("none"));

        var closed = await cli.RunAsync(["check", "--url", "http://127.0.0.1:1"]);
        var nonsense = await cli.RunAsync(["check", "--url", "ftp://127.0.0.1"]);

        closed.Exit.ShouldBe(2);
        closed.Out.ShouldStartWith("EPORTAL CRITICAL - cannot reach http://127.0.0.1:1/: ");
        nonsense.Exit.ShouldBe(3);
    }
}
