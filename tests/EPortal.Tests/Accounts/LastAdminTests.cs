using EPortal.Tests.Cli;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>Ending the last admin on the command line: asked on a terminal, done and warned of without one.</summary>
public sealed class LastAdminTests : IDisposable
{
    private const string Warning =
        "warning: no user is an admin, so nobody can change anything in the console or API; make one with `kc.eportal user set -r admin NAME`\n";

    private readonly TempFolder _folder = new();

    private string Data => _folder.File("data");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("admin is the last admin. Make it read-only? [y/N] ", "user", "-c", "-r", "readonly", "admin")]
    [InlineData("admin is the last admin. Make it read-only? [y/N] ", "user", "set", "admin", "--role", "readonly")]
    [InlineData("admin is the last admin. Delete it? [y/N] ", "user", "-d", "admin")]
    [InlineData("admin is the last admin. Delete it? [y/N] ", "user", "delete", "admin")]
    public async Task On_a_terminal_it_is_asked(string question, params string[] args)
    {
        await Users();
        var terminal = PortalCli.On(Data, isTerminal: true);

        (await terminal.RunAsync(args, "n\n")).ShouldBe((1, "", $"{question}error: not confirmed, nothing was done\n"));
        (await Admins()).ShouldBe("admin");

        var (exit, _, error) = await terminal.RunAsync(args, "y\n");
        (exit, error).ShouldBe((0, question + Warning));
        (await Admins()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("user", "-c", "-r", "readonly", "admin")]
    [InlineData("user", "-d", "admin")]
    [InlineData("user", "delete", "admin", "--yes")]
    public async Task Without_one_it_is_done_and_warned_of_and_can_be_undone(params string[] args)
    {
        await Users();

        var (exit, _, error) = await PortalCli.On(Data).RunAsync(args);

        (exit, error).ShouldBe((0, Warning));
        (await PortalCli.On(Data).RunAsync(["user", "set", "-r", "admin", "reader"])).ShouldBe(
            (0, "user reader was changed\n", "")
        );
        (await Admins()).ShouldBe("reader");
    }

    [Fact]
    public async Task While_another_admin_stays_nothing_is_said_of_it()
    {
        await Users();
        await PortalCli.On(Data).RunAsync(["user", "add", "second", "-p", "long enough"]);
        var terminal = PortalCli.On(Data, isTerminal: true);

        (await terminal.RunAsync(["user", "-c", "-r", "readonly", "second"], "")).ShouldBe(
            (0, "user second was changed\n", "")
        );
        (await terminal.RunAsync(["user", "-d", "reader"], "y\n")).ShouldBe(
            (0, "user reader was deleted\n", "Delete user reader with its API keys? [y/N] ")
        );
        (
            await terminal.RunAsync(["user", "-c", "-p", "-", "admin"], "long enough\nlong enough\n")
        ).Err.ShouldNotContain("admin is the last");
    }

    [Fact]
    public async Task A_dry_run_tells_and_does_nothing()
    {
        await Users();

        (await PortalCli.On(Data).RunAsync(["user", "-d", "admin", "--dry-run"])).ShouldBe(
            (0, "user admin would be deleted, the last admin\n", "")
        );
        (await PortalCli.On(Data).RunAsync(["user", "delete", "reader", "--dry-run"])).ShouldBe(
            (0, "user reader would be deleted\n", "")
        );
        (await PortalCli.On(Data).RunAsync(["user", "delete", "nobody", "--dry-run"])).ShouldBe(
            (1, "", "error: user 'nobody' not found\n")
        );
        var row = await PortalCli.JsonAsync(Data, "user", "delete", "reader", "--dry-run", "--json");
        $"{row}".ShouldBe(
            """
            {
              "username": "reader",
              "description": "",
              "readonly": true,
              "dry_run": true
            }
            """
        );
        (await PortalCli.JsonAsync(Data, "user", "--json")).GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task Doctor_tells_of_it()
    {
        await Users();
        var doctor = PortalCli.On(Data);
        (await doctor.RunAsync(["doctor", _folder.File("1.tar.gz")])).Out.ShouldContain(
            "ok: accounts: an admin exists"
        );
        await PortalCli.On(Data).RunAsync(["user", "-d", "admin"]);

        (await doctor.RunAsync(["doctor", _folder.File("2.tar.gz")])).Out.ShouldContain(
            "warning: accounts: no user is an admin"
        );
    }

    private async Task Users()
    {
        await PortalCli.On(Data).RunAsync(["user", "-a", "-p", "long enough", "admin"]);
        await PortalCli.On(Data).RunAsync(["user", "-a", "-p", "long enough", "-r", "readonly", "reader"]);
    }

    private async Task<string> Admins() =>
        string.Join(
            ' ',
            (await PortalCli.JsonAsync(Data, "user", "--json"))
                .EnumerateArray()
                .Where(user => !user.GetProperty("readonly").GetBoolean())
                .Select(user => user.GetProperty("username").GetString())
        );
}
