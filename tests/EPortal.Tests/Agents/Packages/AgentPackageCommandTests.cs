using EPortal.Data;
using EPortal.Tests.Cli;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents.Packages;

public sealed class AgentPackageCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private CliRunner Cli => PortalCli.On(_folder.File("data"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Packages_are_imported_listed_and_deleted()
    {
        var deb = TestPackages.Deb(_folder);
        var rpm = TestPackages.Rpm(_folder);
        (await Cli.RunAsync(["agent", "list"])).Err.ShouldContain("kc.eportal agent import FILE");

        (await Cli.RunAsync(["agent", "import", deb])).Out.ShouldBe("kernelcare_0.2.0-1_amd64.deb was imported\n");
        (await Cli.RunAsync(["agent", "import", deb])).Out.ShouldBe("kernelcare_0.2.0-1_amd64.deb is already here\n");
        var row = await Cli.JsonAsync("agent", "import", rpm, "--json");
        row.GetProperty("architecture").GetString().ShouldBe("x86_64");
        var list = await Cli.JsonAsync("agent", "list", "--json");
        list.EnumerateArray()
            .Select(package => package.GetProperty("package").GetString())
            .ShouldBe(["kernelcare-0.2.0-1.x86_64.rpm", "kernelcare_0.2.0-1_amd64.deb"]);

        (await Cli.RunAsync(["agent", "delete", "kernelcare_0.2.0-1_amd64.deb", "--dry-run"])).Out.ShouldBe(
            "kernelcare_0.2.0-1_amd64.deb would be deleted\n"
        );
        (await Cli.RunAsync(["agent", "delete", "kernelcare_0.2.0-1_amd64.deb"])).Exit.ShouldBe(0);
        (await Cli.JsonAsync("agent", "list", "--json")).GetArrayLength().ShouldBe(1);
        (await Cli.RunAsync(["agent", "delete", "../config/signing.key"])).Err.ShouldContain("not found");
    }

    [Fact]
    public async Task Two_packages_of_one_name_are_refused()
    {
        await Cli.RunAsync(["agent", "import", TestPackages.Deb(_folder)]);

        var (exit, _, error) = await Cli.RunAsync([
            "agent",
            "import",
            TestPackages.Deb(_folder, fields: "Section: x\n"),
        ]);

        exit.ShouldBe(1);
        error.ShouldContain("already here with other content");
    }

    [Fact]
    public async Task What_is_refused_leaves_nothing_behind()
    {
        var (exit, _, error) = await Cli.RunAsync(["agent", "import", TestPackages.Deb(_folder, name: "other")]);

        exit.ShouldBe(1);
        error.ShouldContain("must be called kernelcare");
        Directory.GetFiles(_folder.File("data/agent-packages")).Select(Path.GetFileName).ShouldBe([".lock"]);
    }

    [Fact]
    public async Task The_user_log_tells_of_both()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.CommandLine().RunAsync(["agent", "import", TestPackages.Deb(_folder)]);
        await portal.CommandLine().RunAsync(["agent", "delete", "kernelcare_0.2.0-1_amd64.deb"]);

        var lines = portal.Portal.Database.Read(session => UserLog.Latest(session, 2));

        lines.Select(line => line.Action).ShouldBe(["agent.delete", "agent.import"]);
        lines[0].Actor.ShouldBe("cli:tester");
    }
}
