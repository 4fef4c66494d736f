using EPortal.Format;
using EPortal.Tests.Agents;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Cli;

/// <summary>Every command that the manual prints, as it prints it, without a terminal: scripts call them so.</summary>
public sealed class SeedCommandsTests : IDisposable
{
    private const string NoSource =
        "error: no patch source is set; set one with `kc.eportal patch-source set --url URL`\n";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task They_run_as_printed()
    {
        await Does("user -a -p AdminPassword admin", "user admin was added as admin\n");
        await Does("user -c -p NewPassword admin", "user admin was changed\n");
        await Does("user -c -r readonly admin", "user admin was changed\n");
        await Does("-a api-user -p password", "user api-user was added as admin\n");
        (await Does("key -a")).ShouldMatch("^key [A-Za-z0-9]{16} was added on main\n\\z");
        await Does("key -a test", "key test was added on main\n");
        await Does("feed -a test --auto", "feed test was added\n");
        await Does("feed -c test --deploy-after 12", "feed test was changed\n");
        await Does("key -c test --feed test", "key test was changed\n");
        (await Does("feed")).ShouldContain("test | yes");
        (await Does("key")).ShouldContain("test ");
        await Does($"kcare deploy {await Archive("K04082020_1", Product.Kernel)}", "K04082020_1 was enabled in main\n");
        await Does(
            $"libcare deploy --feed test {await Archive("U20210129_02", Product.User)}",
            "U20210129_02 was enabled in test\n"
        );
        await Does(
            $"qemu deploy --feed test {await Archive("U20210818_01-qemu", Product.Qemu)}",
            "U20210818_01-qemu was enabled in test\n"
        );
        await Does($"--deploy {await Archive("16012017_1", Product.Kernel)}", "16012017_1 was enabled in main\n");
        await Does("--unroll 16012017_1", "16012017_1 was unrolled from main\n");
        (await Does("--list-servers")).ShouldStartWith("Count | Key\n----- + --------------------------------\n");
        await Does("server clean --inactive", "0 servers were deleted\n");
        foreach (
            var help in (string[])
                ["user -h", "key --help", "feed --help", "libcare deploy --help", "qemu deploy --help"]
        )
            (await Does(help)).ShouldStartWith(
                $"usage: kc.eportal {help[..help.IndexOf(" -", StringComparison.Ordinal)]}"
            );
    }

    [Theory]
    [InlineData("--get-latest")]
    [InlineData("--auto-update")]
    [InlineData("libcare update")]
    [InlineData("libcare auto-update")]
    [InlineData("qemu update")]
    [InlineData("qemu auto-update")]
    [InlineData("cache-mode --fetch-meta")]
    public async Task What_needs_a_patch_source_says_so(string line) => (await Run(line)).ShouldBe((1, "", NoSource));

    [Theory]
    [InlineData("kcare download-missing")]
    [InlineData("libcare download-missing")]
    [InlineData("qemu download-missing")]
    [InlineData("db download-missing")]
    public async Task Nothing_missing_needs_no_patch_source(string line) =>
        (await Run(line)).ShouldBe((0, "nothing new\n", ""));

    [Theory]
    [InlineData("libcare update --feed test")]
    [InlineData("qemu update --feed test")]
    public async Task What_names_a_feed_wants_it_first(string line)
    {
        (await Run(line)).ShouldBe((1, "", "error: feed 'test' not found\n"));
        await Run("feed -a test");
        (await Run(line)).ShouldBe((1, "", NoSource));
    }

    [Fact]
    public async Task Cleaning_up_is_tried_with_DRY_RUN_and_done_without()
    {
        const string NotYet =
            "error: no patch source has been synced yet, so no patchset is known to be obsolete; "
            + "remove single ones with `kc.eportal kcare unroll NAME --delete`\n";
        var dry = PortalCli.On(_folder.File("data"));
        dry.Environment["DRY_RUN"] = "1";

        (await dry.RunAsync(["--clean-releases"])).ShouldBe((1, "", NotYet));
        (await Run("--clean-releases")).ShouldBe((1, "", NotYet));
    }

    [Theory]
    [InlineData("replication --full-sync")]
    public async Task Without_a_shared_key_replication_says_what_to_set(string line) =>
        (await Run(line)).ShouldBe(
            (1, "", "error: replication is off: set REPLICATION_SHARED_KEY, NODE_URL and LEADER_URL\n")
        );

    private async Task<string> Archive(string name, Product product)
    {
        var target = product == Product.Kernel ? new string('a', 40) : new string('b', 40);
        using var archive = await Archives.MakeAsync(
            name,
            name.Length,
            new DateTimeOffset(2026, 4, 1, 0, 0, 0, TimeSpan.Zero).AddDays(name.Length),
            product,
            target
        );
        var path = _folder.File($"{name}.tar.bz2");
        await File.WriteAllBytesAsync(path, archive.ToArray(), TestContext.Current.CancellationToken);
        return path;
    }

    private async Task Does(string line, string output) => (await Does(line)).ShouldBe(output, line);

    private async Task<string> Does(string line)
    {
        var (exit, output, error) = await Run(line);
        exit.ShouldBe(0, $"{line}: {error}");
        return output;
    }

    private Task<(int Exit, string Out, string Err)> Run(string line) =>
        PortalCli.On(_folder.File("data")).RunAsync(line.Split(' '));
}
