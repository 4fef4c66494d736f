using System.Text.Json;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Cli;

/// <summary>Verbs beside the flags: <c>key add test</c> and <c>key -a test</c>.</summary>
public sealed class CliNounTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Verbs_do_what_flags_do()
    {
        (await Run("feed", "add", "test", "--auto")).ShouldBe((0, "feed test was added\n", ""));
        (await Run("feed", "set", "test", "--deploy-after", "12")).ShouldBe((0, "feed test was changed\n", ""));
        (await Run("feed", "list")).ShouldBe(await Run("feed"));
        (await Run("feed", "list")).Out.ShouldContain("test | yes  |         12 h");
        (await Run("key", "add", "web", "--feed", "test", "--server-limit", "5")).ShouldBe(
            (0, "key web was added on test\n", "")
        );
        (await Run("key", "set", "web", "--note", "hosts")).ShouldBe((0, "key web was changed\n", ""));
        (await Run("key", "list")).ShouldBe(await Run("key"));
        (await Run("user", "add", "bob", "-p", "long enough")).ShouldBe((0, "user bob was added as admin\n", ""));
        (await Run("user", "set", "bob", "--note", "x")).ShouldBe((0, "user bob was changed\n", ""));
        (await Run("user", "list")).ShouldBe(await Run("user"));
        (await Run("feed", "delete", "test", "--yes")).ShouldBe(
            (0, "feed test was deleted, 1 key moved to main\n", "")
        );
        (await Run("key", "delete", "web")).ShouldBe((0, "key web was deleted with 0 servers\n", ""));
        (await Run("user", "delete", "bob")).Exit.ShouldBe(0);
        (await Json("key", "list", "--json")).GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task The_directory_and_the_patch_source_have_verbs_too()
    {
        (await Run("ldap", "show")).ShouldBe((0, "no LDAP directory is set\n", ""));
        var set = await Run("ldap", "set", "--url", "ldap://ldap.example.com", "--dn", "uid=%s,dc=example");
        set.Out.ShouldStartWith("address: ldap://ldap.example.com");
        (await Run("ldap", "show")).ShouldBe(set);
        (await Run("ldap")).ShouldBe(set);
        (await Run("ldap", "delete")).ShouldBe((0, "no LDAP directory is set\n", ""));
        (await Run("ldap", "test", "alice")).Err.ShouldStartWith("error: no LDAP directory is set");
        (await Run("patch-source", "set", "--url", "http://patches.example/")).Out.ShouldStartWith(
            "source: http://patches.example/"
        );
        (await Run("patch-source", "show")).ShouldBe(await Run("patch-source"));
        (await Run("patch-source", "delete")).Out.ShouldStartWith("source: none");
        (await Run("patch-source", "reset")).Out.ShouldStartWith("source: none");
    }

    [Fact]
    public async Task Keys_of_the_API_are_made_listed_and_ended()
    {
        await Run("user", "add", "bob", "-p", "long enough");
        var (exit, text, _) = await Run("api-key", "add", "bob", "backup", "--days", "90");
        (exit, text.StartsWith("ep_", StringComparison.Ordinal)).ShouldBe((0, true));

        var key = (await Json("api-key", "list", "--json"))[0];
        (key.GetProperty("user").GetString(), key.GetProperty("name").GetString()).ShouldBe(("bob", "backup"));
        var id = key.GetProperty("id").GetString()!;
        text.ShouldStartWith($"ep_{id}_");
        key.ToString().ShouldNotContain(text.Trim()[^20..]);
        (await Run("api-key", "list", "--user", "bob")).Out.ShouldContain("| backup |");
        (await Run("api-key", "delete", id, "--dry-run")).Out.ShouldBe("API key backup of bob would be revoked\n");
        (
            await PortalCli.On(_folder.File("data"), isTerminal: true).RunAsync(["api-key", "delete", id], "n\n")
        ).Exit.ShouldBe(1);
        (await Run("api-key", "delete", id)).ShouldBe((0, "API key backup of bob was revoked\n", ""));
        (await Run("api-key", "delete", id)).ShouldBe((1, "", $"error: API key '{id}' not found\n"));
        (await Run("api-key", "add", "nobody", "x")).ShouldBe((1, "", "error: user 'nobody' not found\n"));
    }

    [Fact]
    public async Task A_key_that_is_added_without_a_name_gets_one() =>
        (await Json("key", "add", "--json")).GetProperty("key").GetString()!.Length.ShouldBe(16);

    [Theory]
    [InlineData("list")]
    [InlineData("add")]
    [InlineData("set")]
    [InlineData("delete")]
    public async Task A_thing_may_be_called_as_a_verb_is(string name)
    {
        (await Run("key", "-a", name)).ShouldBe((0, $"key {name} was added on main\n", ""));
        (await Run("key", "--note", "x", "-c", name)).ShouldBe((0, $"key {name} was changed\n", ""));
        (await Run("key", "set", name, "--note", "y")).ShouldBe((0, $"key {name} was changed\n", ""));
        (await Run("key", "-d", name)).Exit.ShouldBe(0);
        (await Run("key", "add", name)).ShouldBe((0, $"key {name} was added on main\n", ""));
        (await Run("key", "delete", name)).Exit.ShouldBe(0);
        (await Json("key", "--json")).GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task The_help_shows_both_ways()
    {
        var (_, output, _) = await PortalCli.On(_folder.File("data"), width: 200).RunAsync(["user", "--help"]);

        var lines = output.Split('\n');
        lines[0]
            .ShouldStartWith(
                "usage: kc.eportal user [-h] [-a] [-c] [-d] [-p PASSWORD] [-r {admin,readonly}] [--note NOTE]"
            );
        lines[0].ShouldEndWith("[user]");
        lines[1].ShouldBe("       kc.eportal user {list,add,set,delete} ...");
        (await PortalCli.On(_folder.File("data")).RunAsync(["user", "add", "-h"])).Out.ShouldStartWith(
            "usage: kc.eportal user add [-h]"
        );
    }

    [Fact]
    public async Task Where_there_is_nothing_it_is_said_how_to_get_something()
    {
        (await Run("key")).ShouldBe(
            (
                0,
                "Key | Feed | Limit | Products | Note\n--- + ---- + ----- + -------- + ----\n",
                "there are no keys; `kc.eportal key add` makes one\n"
            )
        );
        foreach (
            var args in (string[][])
                [
                    ["user"],
                    ["key", "list"],
                    ["server", "list"],
                    ["kcare", "list"],
                    ["libcare", "list"],
                    ["--list-servers"],
                ]
        )
        {
            var (exit, output, error) = await PortalCli.On(_folder.File("data"), isTerminal: true).RunAsync(args);
            (exit, output).ShouldBe((0, ""));
            error.ShouldMatch("^(there are no|no) .*`?(kc.eportal|kcarectl) .*\n\\z");
        }

        (await Json("user", "--json")).GetArrayLength().ShouldBe(0);
    }

    private Task<(int Exit, string Out, string Err)> Run(params string[] args) =>
        PortalCli.On(_folder.File("data")).RunAsync(args);

    private Task<JsonElement> Json(params string[] args) => PortalCli.JsonAsync(_folder.File("data"), args);
}
