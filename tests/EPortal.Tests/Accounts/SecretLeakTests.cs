using System.Text;
using EPortal.Data;
using EPortal.Hosting;
using EPortal.Replication.Channel;
using EPortal.Tests.Agents;
using EPortal.Tests.Cli;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>Secrets stay out of files, logs and output.</summary>
[Trait("threat", "C26")]
public sealed class SecretLeakTests : IDisposable
{
    private const string Secret = "S3cr3t-that-nobody-may-see";

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Secrets =>
        [.. SettingsTable.All.Where(setting => setting.IsSecret).Select(setting => setting.Name)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_password_is_nowhere_on_disk_and_in_no_log()
    {
        await using var portal = await TestPortal.StartAsync();
        var cli = portal.CommandLine();

        (await cli.RunAsync(["user", "-a", "bob", "-p", Secret])).Exit.ShouldBe(0);
        (await cli.RunAsync(["user", "-c", "bob", "-p", "-"], $"{Secret}2\n")).Exit.ShouldBe(0);
        portal.Portal.Users.IsPassword("bob", $"{Secret}2").ShouldBeTrue();
        portal.Portal.Users.IsPassword("bob", Secret).ShouldBeFalse();

        foreach (var file in Directory.EnumerateFiles(portal.DataFolder, "*", SearchOption.AllDirectories))
            Contains(file, Secret).ShouldBeFalse(file);
        portal
            .Portal.Database.Read(session => UserLog.Latest(session, 100))
            .ShouldAllBe(line => !line.ToString().Contains(Secret));
        portal.Log.ShouldAllBe(line => !line.Contains(Secret));
    }

    [Fact]
    public async Task An_agents_id_is_in_no_log_and_no_users_line()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        using (await portal.CheckInAsync(TestPortal.Facts(id)))
        using (await portal.GetAsync($"/{TestPortal.KernelId}/latest.v2", id)) { }

        (await portal.CommandLine().RunAsync(["server", "tag", id, "env:prod"])).Exit.ShouldBe(0);
        (await portal.CommandLine().RunAsync(["server", "delete", "--id", id])).Exit.ShouldBe(0);

        portal.Log.ShouldAllBe(line => !line.Contains(id));
        portal
            .Portal.Database.Read(session => UserLog.Latest(session, 100))
            .ShouldAllBe(line => !line.ToString().Contains(id));
    }

    [Theory]
    [MemberData(nameof(Secrets))]
    public async Task A_secret_setting_is_never_shown(string name)
    {
        foreach (
            var value in (string[])
                [
                    Secret,
                    $"'{Secret}'",
                    $"http://user:{Secret}@proxy.example:8080",
                    $"ftp://user:{Secret}@x",
                    $"['{Secret}']",
                    $"'{Secret}",
                ]
        )
        {
            var cli = PortalCli.On(_folder.File("data"));
            cli.Environment[$"EPORTAL_{name}"] = value;
            cli.Environment["EPORTAL_LISTEN"] = "nonsense";
            foreach (
                var args in (string[][])
                    [
                        ["config", "check"],
                        ["config", "check", "--json"],
                        ["key"],
                    ]
            )
            {
                var (_, output, error) = await cli.RunAsync(args);
                (output + error).ShouldNotContain(Secret, customMessage: $"{name} = {value}");
            }

            var file = _folder.Write("config", $"{name} = {value}\nLISTEN = 1\n");
            var (exit, told, _) = await RunOn(file, "config", "check");
            exit.ShouldBe(1);
            told.ShouldNotContain(Secret, customMessage: $"{name} = {value}");
        }
    }

    [Theory]
    [MemberData(nameof(Secrets))]
    public void Settings_as_text_tell_only_that_a_secret_is_set(string name)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["EPORTAL_CONFIG"] = "/dev/null",
            ["EPORTAL_PATCH_SOURCE_USER"] = "user",
            ["EPORTAL_SERVE_PATCH_SOURCE_USER"] = "user",
            ["EPORTAL_SERVE_PATCH_SOURCE_PASSWORD"] = "other",
            [$"EPORTAL_{name}"] = name.StartsWith("PROXY", StringComparison.Ordinal)
                ? $"http://user:{Secret}@proxy.example:8080"
                : Secret.PadRight(SharedKey.MinLength, 'x'),
        };
        var settings = Settings.Load(environment).Settings;

        settings.ShouldNotBeNull();
        settings.ToString().ShouldNotContain(Secret);
        settings.ToString().ShouldNotBe(Settings.Defaults.ToString(), "that it is set may be seen");
    }

    [Fact]
    public async Task A_file_of_secrets_that_everybody_can_read_is_warned_of()
    {
        var file = _folder.Write("config", $"PATCH_SOURCE_USER = 'u'\nPATCH_SOURCE_PASSWORD = '{Secret}'\n");
        Shell.Run("chmod", "644", file);

        var (exit, output, _) = await RunOn(file, "config", "check");

        (exit, output.Contains(Secret)).ShouldBe((0, false));
        output.ShouldContain("warning: ");
        output.ShouldContain("PATCH_SOURCE_PASSWORD is secret");
    }

    [Fact]
    public async Task An_unexpected_failure_shows_no_password_even_with_its_trace()
    {
        var cli = PortalCli.On(_folder.Write("data", "a file where a folder should be"));
        cli.Environment["EPORTAL_TRACE"] = "1";

        var (exit, output, error) = await cli.RunAsync(["user", "-a", "bob", "-p", Secret]);

        exit.ShouldBe(1);
        (output + error).ShouldNotContain(Secret);
    }

    [Fact]
    public async Task An_unknown_user_costs_as_much_as_a_wrong_password()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.CommandLine().RunAsync(["user", "-a", "bob", "-p", Secret]);
        await using var costly = EPortal.Hosting.Portal.Open(portal.Portal.Settings, portal.Time);
        costly.Users.IsPassword("nobody", "x").ShouldBeFalse();

        var known = Fastest(() => costly.Users.IsPassword("bob", "wrong one"));
        var unknown = Fastest(() => costly.Users.IsPassword("nobody", "wrong one"));

        // A lookup alone would be a hundred times as fast.
        unknown.ShouldBeGreaterThan(known / 5);
        known.ShouldBeGreaterThan(unknown / 5);
    }

    private static TimeSpan Fastest(Func<bool> attempt) =>
        Enumerable
            .Range(0, 5)
            .Min(_ =>
            {
                var clock = System.Diagnostics.Stopwatch.StartNew();
                attempt().ShouldBeFalse();
                return clock.Elapsed;
            });

    private Task<(int Exit, string Out, string Err)> RunOn(string config, params string[] args)
    {
        var cli = PortalCli.On(_folder.File("data"));
        cli.Environment["EPORTAL_CONFIG"] = config;
        return cli.RunAsync(args);
    }

    private static bool Contains(string file, string text)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
    }
}
