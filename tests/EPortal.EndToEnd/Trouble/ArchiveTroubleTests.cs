using System.Diagnostics;
using System.Globalization;
using EPortal.EndToEnd.Portal;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Trouble;

/// <summary>What may be the matter with the file that is to be deployed, or happen while it is.</summary>
public sealed class ArchiveTroubleTests : IDisposable
{
    private const string OtherUser = "nobody";

    private readonly PortalInstallation _installation = new();

    private string Staging => Path.Combine(_installation.DataDir, "resources", ".staging");

    public void Dispose() => _installation.Dispose();

    [Fact]
    public async Task It_may_come_through_a_pipe()
    {
        var archive = await _installation.BuildAsync("K1", 1, 100_000);

        var deploy = await _installation.RunAsync(
            "/bin/bash",
            "-c",
            $"cat '{archive}' | '{Programs.Command}' kcare deploy -"
        );

        deploy.ExitCode.ShouldBe(0, deploy.ToString());
        (await _installation.DoAsync("kcare", "list")).ShouldContain("K1");
    }

    [Theory]
    [InlineData("kcare", "deploy")]
    [InlineData("patchset", "verify")]
    [InlineData("bundle", "import")]
    public async Task It_is_no_regular_file(params string[] command)
    {
        var fifo = _installation.PathOf("fifo");
        (await _installation.RunAsync("mkfifo", fifo)).ExitCode.ShouldBe(0);
        foreach (var path in (string[])[fifo, "/dev/zero", "/dev/stdin"])
        {
            var result = await _installation.TryAsync([.. command, path]);

            result.ExitCode.ShouldBe(1, result.ToString());
            result.Stderr.Trim().ShouldBe($"error: {path} is not a regular file");
        }
    }

    [Fact]
    public async Task Its_path_is_empty()
    {
        var deploy = await _installation.TryAsync("kcare", "deploy", "");

        deploy.ExitCode.ShouldBe(1, deploy.ToString());
        deploy.Stderr.Trim().ShouldBe("error: the path is empty");
    }

    [Fact]
    public async Task Root_may_read_it_but_not_the_user_that_the_portal_runs_as()
    {
        Assert.SkipUnless(Shell.IsRoot, "only root can become another user");
        var archive = await _installation.BuildAsync("K1", 1, 1000);
        File.SetUnixFileMode(archive, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        GiveTo(OtherUser);

        await _installation.DoAsync("kcare", "deploy", archive);

        Shell.Stat(Path.Combine(_installation.DataDir, "resources", "K1")).ShouldBe($"700 {OtherUser}");
    }

    [Fact]
    public async Task It_must_not_be_read_by_who_asks()
    {
        Assert.SkipUnless(Shell.IsRoot, "only root can become another user");
        var archive = await _installation.BuildAsync("K1", 1, 1000);
        File.SetUnixFileMode(archive, UnixFileMode.None);
        GiveTo(OtherUser);
        var readable = await _installation.RunAsync(
            "setpriv",
            $"--reuid={OtherUser}",
            "--clear-groups",
            "test",
            "-x",
            Programs.Command
        );
        Assert.SkipUnless(readable.ExitCode == 0, "the programs lie where only root can go");

        var deploy = await _installation.RunAsync(
            "setpriv",
            $"--reuid={OtherUser}",
            "--clear-groups",
            Programs.Command,
            "kcare",
            "deploy",
            archive
        );

        deploy.ExitCode.ShouldBe(1, deploy.ToString());
        deploy.Stderr.Trim().ShouldBe($"error: cannot open {archive}: Permission denied");
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_deploy_that_is_stopped_leaves_nothing(string signal)
    {
        var archive = await _installation.BuildAsync("K1", 1, 100_000_000);
        using var deploy = Process.Start(_installation.Start(Programs.Command, ["kcare", "deploy", archive]))!;
        var output = deploy.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = deploy.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await Eventually.IsTrueAsync(
            "the deploy is at work",
            () => Task.FromResult(Directory.Exists(Staging) && Directory.EnumerateDirectories(Staging).Any())
        );

        Shell.Run("kill", $"-{signal}", deploy.Id.ToString(CultureInfo.InvariantCulture));

        await deploy.WaitForExitAsync(TestContext.Current.CancellationToken);
        deploy.ExitCode.ShouldBe(130, await output + await errors);
        (await errors).Trim().ShouldEndWith("interrupted");
        Directory.GetFileSystemEntries(Staging).ShouldBeEmpty();
        (await _installation.DoAsync("kcare", "list")).ShouldNotContain("K1");
    }

    [Fact]
    public async Task Many_deploy_at_once_beside_what_killed_ones_left()
    {
        const int Archives = 6;
        var archives = await Task.WhenAll(
            Enumerable.Range(1, Archives).Select(n => _installation.BuildAsync($"K{n}", n, 200_000))
        );
        for (var n = 0; n < 20; n++)
            Directory.CreateDirectory(Path.Combine(Staging, $"left-{n}", "unpacked"));
        File.SetUnixFileMode(
            _installation.DataDir,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        );

        // Each archive twice: the second finds the first's work done, or does it.
        await Task.WhenAll(
            archives.Concat(archives).Select(archive => _installation.DoAsync("kcare", "deploy", archive))
        );

        var list = await _installation.DoAsync("kcare", "list");
        for (var n = 1; n <= Archives; n++)
            list.Split($"K{n} ").Length.ShouldBe(2, list);
        await _installation.DoAsync("kcare", "deploy", archives[0]);
        Directory.GetFileSystemEntries(Staging).ShouldBeEmpty();
    }

    private void GiveTo(string user)
    {
        _installation.Environment["EPORTAL_RUN_AS"] = user;
        Shell.Run("chmod", "711", Path.GetDirectoryName(_installation.DataDir)!);
        Directory.CreateDirectory(_installation.DataDir);
        Shell.Run("chown", "-R", user, _installation.DataDir);
    }
}
