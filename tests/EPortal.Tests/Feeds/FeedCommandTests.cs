using System.Text.Json;
using EPortal.Tests.Cli;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Feeds;

public sealed class FeedCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_feed_is_added_listed_changed_and_deleted()
    {
        (await Run("feed"))
            .Out.Split('\n')
            .Select(line => line.TrimEnd())
            .ShouldBe([
                "Feed | Auto | Deploy after | Channel",
                "---- + ---- + ------------ + -------",
                "main | no   |          0 h | default",
                "",
            ]);
        (await Run("feed", "-a", "test", "--auto", "--deploy-after", "12", "--channel", "test")).ShouldBe(
            (0, "feed test was added\n", "")
        );
        var test = (await Json("feed", "--json"))[1];
        test.GetProperty("name").GetString().ShouldBe("test");
        (
            test.GetProperty("auto").GetBoolean(),
            test.GetProperty("deploy_after").GetInt64(),
            test.GetProperty("channel").GetString()
        ).ShouldBe((true, 12, "test"));
        (await Run("feed", "-c", "test", "--no-auto")).ShouldBe((0, "feed test was changed\n", ""));
        test = (await Json("feed", "--json"))[1];
        (
            test.GetProperty("auto").GetBoolean(),
            test.GetProperty("deploy_after").GetInt64(),
            test.GetProperty("channel").GetString()
        ).ShouldBe((false, 12, "test"), "what is not given stays");
        (await Run("feed", "-d", "test")).ShouldBe((0, "feed test was deleted, 0 keys moved to main\n", ""));
        (await Json("feed", "--json")).GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Programs_get_the_same_fields_everywhere()
    {
        string[] names = ["name", "auto", "deploy_after", "channel"];

        Names(await Json("feed", "-a", "test", "--json")).ShouldBe(names);
        Names((await Json("feed", "--json"))[0]).ShouldBe(names);
        Names(await Json("feed", "-c", "test", "--auto", "--json")).ShouldBe(names);
        Names(await Json("feed", "-d", "test", "--dry-run", "--json")).ShouldBe([.. names, "dry_run"]);
        Names(await Json("feed", "-d", "test", "--json")).ShouldBe(names);
    }

    [Theory]
    [InlineData("feed 'main' already exists", "feed", "-a", "main")]
    [InlineData("feed 'test' already exists", "feed", "-a", "test")]
    [InlineData(
        "feed 'main' has no settings: it is updated by `kc.eportal kcare update`; create another feed for automatic rollouts",
        "feed",
        "-c",
        "main",
        "--auto"
    )]
    [InlineData("feed 'main' cannot be deleted", "feed", "-d", "main")]
    [InlineData("feed 'nope' not found", "feed", "-c", "nope", "--auto")]
    [InlineData("feed 'nope' not found", "feed", "-d", "nope")]
    [InlineData("invalid deploy delay: use 0 to 8760 hours", "feed", "-a", "new", "--deploy-after", "-1")]
    [InlineData("invalid deploy delay: use 0 to 8760 hours", "feed", "-c", "test", "--deploy-after", "8761")]
    [InlineData("nothing to change: specify --auto, --no-auto, --deploy-after or --channel", "feed", "-c", "test")]
    [InlineData(
        "invalid feed name: use 1 to 64 letters, digits, dots, underscores or hyphens, beginning with a letter or digit",
        "feed",
        "-a",
        "../x"
    )]
    [InlineData(
        "invalid feed name: use 1 to 64 letters, digits, dots, underscores or hyphens, beginning with a letter or digit",
        "feed",
        "-a",
        ""
    )]
    public async Task What_cannot_be_done_is_said_in_a_sentence(string sentence, params string[] args)
    {
        await Run("feed", "-a", "test");
        await Run("key", "-a", "on-main");

        (await Run(args)).ShouldBe(
            (sentence.StartsWith("nothing to change", StringComparison.Ordinal) ? 2 : 1, "", $"error: {sentence}\n")
        );

        (await Json("feed", "--json"))
            .EnumerateArray()
            .Select(feed => feed.GetProperty("name").GetString())
            .ShouldBe(["main", "test"]);
    }

    [Fact]
    public async Task Deleting_a_feed_with_keys_asks_and_moves_them_to_main()
    {
        await Run("feed", "-a", "test");
        await Run("key", "-a", "k", "--feed", "test");

        (await Run("feed", "-d", "test")).ShouldBe(
            (
                1,
                "",
                "error: cannot ask for confirmation without a terminal, use --yes: Delete feed test and move its 1 key to main?\n"
            )
        );
        (await Run("feed", "-d", "test", "--yes")).ShouldBe((0, "feed test was deleted, 1 key moved to main\n", ""));
        (await Json("key", "--json"))[0].GetProperty("feed").GetString().ShouldBe("main");
    }

    private static string[] Names(JsonElement row) => [.. row.EnumerateObject().Select(property => property.Name)];

    private Task<(int Exit, string Out, string Err)> Run(params string[] args) =>
        PortalCli.On(_folder.File("data")).RunAsync(args);

    private Task<JsonElement> Json(params string[] args) => PortalCli.JsonAsync(_folder.File("data"), args);
}
