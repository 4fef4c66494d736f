using System.Text.Json;
using EPortal.Format;
using EPortal.Tests.Agents;
using EPortal.Tests.Cli;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Feeds;

/// <summary><c>kcare</c>, <c>libcare</c>, <c>qemu</c> and <c>db</c>, and the older flags that mean the same.</summary>
public sealed class ProductCommandTests : IDisposable
{
    private const string Warning = "warning: signature not checked, no key is pinned: set TRUSTED_KEYS to pin keys\n";

    private static readonly DateTimeOffset Time = new(2026, 4, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Product.Kernel)]
    [InlineData(Product.User)]
    [InlineData(Product.Qemu)]
    [InlineData(Product.Db)]
    public async Task A_patchset_goes_through_its_life(Product product)
    {
        var verb = product.Verb();
        var archive = await Archive("P1", 1, product);

        var (exit, output, error) = await Run(verb, "deploy", archive);
        (exit, output).ShouldBe((0, "P1 was enabled in main\n"));
        error.ShouldEndWith(Warning);
        (await States(verb)).ShouldBe(["P1 enabled"]);
        (await Run(verb, "disable", "P1")).ShouldBe((0, "P1 was disabled in main\n", ""));
        (await States(verb)).ShouldBe(["P1 disabled"]);
        (await Run(verb, "enable", "P1")).ShouldBe((0, "P1 was enabled in main\n", ""));
        (await Run(verb, "unroll", "P1")).ShouldBe((0, "P1 was unrolled from main\n", ""));
        (await States(verb)).ShouldBe(["P1 undeployed"]);
        (await Run(verb, "unroll", "P1", "--delete")).Exit.ShouldBe(0);
        (await States(verb)).ShouldBeEmpty();
        Directory.EnumerateFiles(_folder.File("data"), "P1*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task Feeds_are_apart_and_many_go_at_once()
    {
        await Run("feed", "-a", "test");
        foreach (var n in (int[])[1, 2, 3])
            await Run("kcare", "deploy", "--feed", "test", "--disabled", await Archive($"K{n}", n));
        (await States("kcare", "--feed", "test")).ShouldBe(["K1 disabled", "K2 disabled", "K3 disabled"]);
        (await States("kcare")).ShouldBe(["K1 undeployed", "K2 undeployed", "K3 undeployed"]);

        (await Run("kcare", "enable", "K2", "--upto")).Exit.ShouldBe(0);
        (await States("kcare")).ShouldBe(["K1 enabled", "K2 enabled", "K3 undeployed"]);
        (await Run("kcare", "unroll", "K2", "--downto")).Exit.ShouldBe(0);
        (await States("kcare")).ShouldBe(["K1 enabled", "K2 undeployed", "K3 undeployed"]);
        (await Run("kcare", "enable", "K3", "--feed", "test")).Exit.ShouldBe(0);
        (await States("kcare", "--feed", "test")).ShouldBe(["K1 disabled", "K2 disabled", "K3 enabled"]);
    }

    [Fact]
    public async Task Programs_get_json_of_every_verb()
    {
        var archive = await Archive("K1", 1);

        foreach (
            var args in (string[][])
                [
                    ["deploy", archive],
                    ["disable", "K1"],
                    ["enable", "K1"],
                    ["enable", "K1", "--upto"],
                    ["unroll", "K1", "--downto"],
                    ["enable", "K1"],
                    ["unroll", "K1"],
                ]
        )
        {
            var result = await Json(["kcare", .. args, "--json"]);
            result.ValueKind.ShouldBeOneOf(JsonValueKind.Object, JsonValueKind.Array);
        }

        var row = (await Json("kcare", "list", "--json"))[0];
        row.EnumerateObject()
            .Select(property => property.Name)
            .ShouldBe(["patchset", "status", "withdrawn", "released", "channel", "distros", "signed_by"]);
        row.GetProperty("released").GetDateTimeOffset().ShouldBe(Time.AddDays(1));
        row.GetProperty("signed_by").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task The_older_flags_do_the_same()
    {
        var archive = await Archive("K1", 1);

        var (exit, output, _) = await Run("--deploy", archive);
        (exit, output).ShouldBe((0, "K1 was enabled in main\n"));
        (await Run("--unroll", "K1")).Exit.ShouldBe(0);
        (await States("kcare")).ShouldBe(["K1 undeployed"]);
        (await Run("-a", "bob", "-p", "long enough")).ShouldBe((0, "user bob was added as admin\n", ""));
        (await Run("--list-servers")).Exit.ShouldBe(0);
    }

    [Theory]
    [InlineData("kcare")]
    [InlineData("db")]
    public async Task What_is_so_already_is_said_to_be_so(string verb)
    {
        var archive = await Archive("P1", 1, verb == "db" ? Product.Db : Product.Kernel);
        await Run(verb, "deploy", archive);

        (await Run(verb, "deploy", archive)).Out.ShouldBe("P1 is already enabled in main\n");
        (await Run(verb, "enable", "P1")).ShouldBe((0, "P1 is already enabled in main\n", ""));
        (await Run(verb, "enable", "P1", "--upto")).ShouldBe(
            (0, "", "nothing changed: all patchsets up to P1 are already enabled or disabled in main\n")
        );
        (await Json(verb, "enable", "P1", "--json"))[0].GetProperty("changed").GetBoolean().ShouldBeFalse();
        (await Run(verb, "disable", "P1")).ShouldBe((0, "P1 was disabled in main\n", ""));
        (await Run(verb, "disable", "P1")).ShouldBe((0, "P1 is already disabled in main\n", ""));
        (await Run(verb, "unroll", "P1")).ShouldBe((0, "P1 is no longer disabled in main\n", ""));
        (await Run(verb, "unroll", "P1")).ShouldBe((1, "", "error: P1 is not on main: it is undeployed there\n"));
        (await Run(verb, "unroll", "P1", "--downto")).ShouldBe(
            (1, "", "error: neither P1 nor a newer one is enabled on main\n")
        );
        (await Run(verb, "unroll", "P1", "--feed", "nope")).ShouldBe((1, "", "error: feed 'nope' not found\n"));
        if (verb == "kcare")
            (await Run("--unroll", "P1")).ShouldBe((1, "", "error: P1 is not on main: it is undeployed there\n"));
        Lines()
            .Count(line => line.StartsWith("patchset.unroll", StringComparison.Ordinal))
            .ShouldBe(1, "what changed nothing is no change");
    }

    [Fact]
    public async Task A_dry_run_of_unroll_changes_nothing()
    {
        foreach (var n in (int[])[1, 2, 3])
            await Run("kcare", "deploy", await Archive($"K{n}", n));

        (await Run("kcare", "unroll", "K2", "--dry-run")).ShouldBe((0, "K2 would be unrolled from main\n", ""));
        (await Run("kcare", "unroll", "K2", "--downto", "--dry-run")).ShouldBe(
            (0, "K2 would be unrolled from main\nK3 would be unrolled from main\n", "")
        );
        (await Run("kcare", "unroll", "K2", "--delete", "--dry-run")).ShouldBe((0, "K2 would be deleted\n", ""));
        (await States("kcare")).ShouldBe(["K1 enabled", "K2 enabled", "K3 enabled"]);
    }

    [Fact]
    public async Task On_a_terminal_it_is_asked_before_a_patchset_is_deleted()
    {
        await Run("kcare", "deploy", await Archive("K1", 1));
        var terminal = PortalCli.On(_folder.File("data"), isTerminal: true);
        const string Question = "Delete K1, which is enabled on 1 feed? [y/N] ";

        (await terminal.RunAsync(["kcare", "unroll", "K1", "--delete"], "n\n")).ShouldBe(
            (1, "", Question + "error: not confirmed, nothing was done\n")
        );
        (await terminal.RunAsync(["kcare", "unroll", "K1", "--delete"], "y\n")).ShouldBe(
            (0, "K1 was deleted\n", Question)
        );
    }

    [Theory]
    [InlineData("feed 'nope' not found", "kcare", "list", "--feed", "nope")]
    [InlineData("feed 'nope' not found", "kcare", "deploy", "K9", "--feed", "nope")]
    [InlineData("feed 'nope' not found", "kcare", "enable", "K1", "--feed", "nope")]
    [InlineData("K7", "kcare", "enable", "K7")]
    [InlineData("K7", "kcare", "disable", "K7")]
    [InlineData("K7", "kcare", "unroll", "K7")]
    [InlineData("K7", "kcare", "unroll", "K7", "--delete")]
    [InlineData("K7", "--unroll", "K7")]
    [InlineData("K1", "libcare", "enable", "K1")]
    [InlineData("/no/such/file", "kcare", "deploy", "/no/such/file")]
    [InlineData("/no/such/file", "--deploy", "/no/such/file")]
    [InlineData("kernel patchset", "libcare", "deploy", "K9")]
    public async Task What_cannot_be_done_is_said_in_a_sentence(string said, params string[] args)
    {
        await Run("kcare", "deploy", await Archive("K1", 1));
        var fresh = await Archive("K9", 9);

        var (exit, output, error) = await Run([.. args.Select(arg => arg == "K9" ? fresh : arg)]);

        (exit, output).ShouldBe((1, ""));
        var sentence = error.Split('\n').Single(line => line.StartsWith("error: ", StringComparison.Ordinal));
        sentence.ShouldContain(said);
        sentence.ShouldNotEndWith(".");
        (await States("kcare")).ShouldBe(["K1 enabled"]);
    }

    [Fact]
    public async Task An_unknown_feed_is_told_before_the_archive_is_read()
    {
        var text = _folder.Write("bad.tar.bz2", "this is no archive");

        (await Run("kcare", "deploy", text, "--feed", "nope")).ShouldBe((1, "", "error: feed 'nope' not found\n"));
    }

    [Fact]
    public async Task A_bad_archive_is_told_and_changes_nothing()
    {
        var text = _folder.Write("bad.tar.bz2", "this is no archive");

        var (exit, output, error) = await Run("kcare", "deploy", text);

        (exit, output).ShouldBe((1, ""));
        error.ShouldContain("error: ");
        (await States("kcare")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Once_a_key_is_pinned_only_its_archives_are_taken()
    {
        var vendor = MinisignSecretKey.Generate();
        var cli = PortalCli.On(_folder.File("data"));
        cli.Environment["EPORTAL_TRUSTED_KEYS"] = $"['{vendor.PublicKey}']";

        (await cli.RunAsync(["kcare", "deploy", await Archive("K1", 1)])).Exit.ShouldBe(1);
        (
            await cli.RunAsync(["kcare", "deploy", await Archive("K2", 2, key: MinisignSecretKey.Generate())])
        ).Exit.ShouldBe(1);
        var (exit, output, error) = await cli.RunAsync(["kcare", "deploy", await Archive("K3", 3, key: vendor)]);

        (exit, output).ShouldBe((0, "K3 was enabled in main\n"));
        error.ShouldNotContain("warning");
        (await States("kcare")).ShouldBe(["K3 enabled"]);
    }

    private IReadOnlyList<string> Lines()
    {
        using var database = EPortal.Data.Database.Open(_folder.File("data"));
        return database.Read<IReadOnlyList<string>>(session =>
            [.. Dapper.SqlMapper.Query<string>(session.Connection, "SELECT action FROM user_log")]
        );
    }

    private async Task<string> Archive(
        string name,
        int level,
        Product product = Product.Kernel,
        MinisignSecretKey? key = null
    )
    {
        var target = new string('a', 40);
        using var archive = await Archives.MakeAsync(name, level, Time.AddDays(level), product, target, key: key);
        var path = _folder.File($"{name}.tar");
        await File.WriteAllBytesAsync(path, archive.ToArray(), TestContext.Current.CancellationToken);
        return path;
    }

    private async Task<string[]> States(string verb, params string[] more) =>
        [
            .. (await Json([verb, "list", "--json", .. more]))
                .EnumerateArray()
                .Select(row => $"{row.GetProperty("patchset")} {row.GetProperty("status")}"),
        ];

    private Task<(int Exit, string Out, string Err)> Run(params string[] args) =>
        PortalCli.On(_folder.File("data")).RunAsync(args);

    private Task<JsonElement> Json(params string[] args) => PortalCli.JsonAsync(_folder.File("data"), args);
}
