using System.Text.Json;
using EPortal.Tests.Cli;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Keys;

public sealed class KeyCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_key_is_added_listed_changed_and_deleted()
    {
        (await Run("feed", "-a", "test")).Exit.ShouldBe(0);
        (
            await Run(
                "key",
                "-a",
                "web",
                "--note",
                "web hosts",
                "--server-limit",
                "100",
                "--feed",
                "test",
                "--product",
                "kernel",
                "--product",
                "user"
            )
        ).ShouldBe((0, "key web was added on test\n", ""));
        (await Run("key"))
            .Out.Split('\n')
            .Select(line => line.TrimEnd())
            .ShouldBe([
                "Key | Feed | Limit | Products    | Note",
                "--- + ---- + ----- + ----------- + ---------",
                "web | test |   100 | kernel user | web hosts",
                "",
            ]);
        (
            await Run("key", "-c", "web", "--server-limit", "0", "--feed", "main", "--note", "", "--default-products")
        ).ShouldBe((0, "key web was changed\n", ""));
        var changed = (await Json("key", "--json"))[0];
        changed.GetProperty("feed").GetString().ShouldBe("main");
        changed.GetProperty("server_limit").GetInt64().ShouldBe(0);
        changed.GetProperty("note").GetString().ShouldBe("");
        changed
            .GetProperty("products")
            .EnumerateArray()
            .Select(p => p.GetString())
            .ShouldBe(["kernel", "user", "qemu", "db"]);
        (await Run("key", "-d", "web")).ShouldBe((0, "key web was deleted with 0 servers\n", ""));
        (await Json("key", "--json")).GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Programs_get_the_same_fields_everywhere()
    {
        string[] names = ["key", "feed", "note", "server_limit", "products"];

        Names(await Json("key", "-a", "web", "--json")).ShouldBe(names);
        Names((await Json("key", "--json"))[0]).ShouldBe(names);
        Names(await Json("key", "-c", "web", "--note", "x", "--json")).ShouldBe(names);
        var deleted = await Json("key", "-d", "web", "--json");
        Names(deleted).ShouldBe(["key", "servers", "dry_run"]);
    }

    [Fact]
    public async Task A_key_without_a_name_gets_a_random_one()
    {
        var first = (await Json("key", "-a", "--json")).GetProperty("key").GetString()!;
        var second = (await Json("key", "-a", "--json")).GetProperty("key").GetString()!;

        first.ShouldMatch("^[A-Za-z0-9]{16}\\z");
        second.ShouldNotBe(first);
    }

    [Theory]
    [InlineData("key 'nope' not found", "key", "-c", "nope", "--note", "x")]
    [InlineData("key 'nope' not found", "key", "-d", "nope")]
    [InlineData("feed 'nope' not found", "key", "-a", "new", "--feed", "nope")]
    [InlineData("feed 'nope' not found", "key", "-c", "web", "--feed", "nope")]
    [InlineData("key 'web' already exists", "key", "-a", "web")]
    [InlineData("invalid server limit: use 0 (none) to 2147483647", "key", "-a", "new", "--server-limit", "-1")]
    [InlineData("invalid server limit: use 0 (none) to 2147483647", "key", "-a", "new", "--server-limit", "2147483648")]
    [InlineData(
        "invalid key name: use 1 to 64 letters, digits, dots, underscores or hyphens, beginning with a letter or digit",
        "key",
        "-a",
        "a b"
    )]
    [InlineData(
        "invalid key name: use 1 to 64 letters, digits, dots, underscores or hyphens, beginning with a letter or digit",
        "key",
        "-a",
        "a/b"
    )]
    [InlineData("the note must be one line of at most 1000 characters", "key", "-a", "new", "--note", "a\nb")]
    [InlineData(
        "nothing to change: specify --note, --server-limit, --feed, --product or --default-products",
        "key",
        "-c",
        "web"
    )]
    public async Task What_cannot_be_done_is_said_in_a_sentence(string sentence, params string[] args)
    {
        await Run("key", "-a", "web");

        (await Run(args)).ShouldBe(
            (sentence.StartsWith("nothing to change", StringComparison.Ordinal) ? 2 : 1, "", $"error: {sentence}\n")
        );

        (await Json("key", "--json"))
            .EnumerateArray()
            .ShouldHaveSingleItem()
            .GetProperty("key")
            .GetString()
            .ShouldBe("web");
    }

    [Fact]
    public async Task Deleting_a_key_that_has_servers_asks_first()
    {
        await using var portal = await EPortal.Tests.Agents.TestPortal.StartAsync();
        await portal.RegisterAsync();
        await portal.RegisterAsync();

        var (exit, _, error) = await portal.CommandLine().RunAsync(["key", "-d", "k"]);
        (exit, error).ShouldBe(
            (1, "error: cannot ask for confirmation without a terminal, use --yes: Delete key k and its 2 servers?\n")
        );
        (await portal.CommandLine(isTerminal: true).RunAsync(["key", "-d", "k"], "n\n")).Exit.ShouldBe(1);
        (await portal.CommandLine().RunAsync(["key", "-d", "k", "--dry-run"])).ShouldBe(
            (0, "key k would be deleted with 2 servers\n", "")
        );
        portal.Portal.Servers.CountByKey().Single().Count.ShouldBe(2);

        (await portal.CommandLine().RunAsync(["key", "-d", "k", "--yes"])).ShouldBe(
            (0, "key k was deleted with 2 servers\n", "")
        );
        portal.Portal.Servers.CountByKey().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_change_is_in_force_in_the_running_server_at_once()
    {
        await using var portal = await EPortal.Tests.Agents.TestPortal.StartAsync();
        var cli = portal.CommandLine();

        (await portal.GetPlainAsync("register_server.plain?hostname=h&key=late"))["code"].ShouldBe("2");
        await cli.RunAsync(["key", "-a", "late", "--server-limit", "1"]);
        (await portal.GetPlainAsync("register_server.plain?hostname=h&key=late"))["code"].ShouldBe("0");
        (await portal.GetPlainAsync("register_server.plain?hostname=h&key=late"))["code"].ShouldBe("3");
        await cli.RunAsync(["key", "-d", "late", "-y"]);
        (await portal.GetPlainAsync("register_server.plain?hostname=h&key=late"))["code"].ShouldBe("2");
    }

    private static string[] Names(JsonElement row) => [.. row.EnumerateObject().Select(property => property.Name)];

    private Task<(int Exit, string Out, string Err)> Run(params string[] args) =>
        PortalCli.On(_folder.File("data")).RunAsync(args);

    private Task<JsonElement> Json(params string[] args) => PortalCli.JsonAsync(_folder.File("data"), args);
}
