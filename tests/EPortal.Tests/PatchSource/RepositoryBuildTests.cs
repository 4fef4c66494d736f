using System.Text.Json;
using EPortal.Format;
using EPortal.PatchSource;
using EPortal.Tests.Agents;
using EPortal.Tests.Cli;
using EPortal.Tests.Format;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary><c>kc.eportal repository build</c>.</summary>
public sealed class RepositoryBuildTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly MinisignSecretKey _vendor = MinisignSecretKey.Generate();

    public RepositoryBuildTests() => File.WriteAllText(KeyFile, _vendor.ToText());

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string KeyFile => _folder.File("vendor.key");

    private string Root => _folder.File("repository");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_portal_takes_what_was_built_and_what_becomes_of_it_later()
    {
        await using var source = await FakeSource.StartAsync();
        source.Key = _vendor;
        await using var house = SourceHouse.Open(source);
        (await BuildAsync(await ArchiveAsync("K1", 1), await ArchiveAsync("K2", 2)))
            .GetProperty("version")
            .GetInt64()
            .ShouldBe(1);
        Serve(source);
        (await house.SyncAsync()).Fetched.Select(entry => entry.Name).ShouldBe(["K1", "K2"]);
        await house.EnableAllAsync();

        (await BuildAsync(await ArchiveAsync("K3", 3), "--block", "K2", "--withdraw", "K1"))
            .GetProperty("version")
            .GetInt64()
            .ShouldBe(2);
        Serve(source);
        await house.SyncAsync();
        house.States().ShouldBe(["K1:enabled(!)", "K2:blocked", "K3:undeployed"]);

        await BuildAsync("--restore", "K2", "--restore", "K1", "--expires", "3");
        Serve(source);
        await house.SyncAsync();
        house.States().ShouldBe(["K1:enabled", "K2:disabled", "K3:undeployed"]);
        house.Time.Advance(TimeSpan.FromDays(4));
        (await house.RefusedAsync()).ShouldBe(SourceError.Expired);
    }

    [Fact]
    public async Task Unsigned_archives_are_signed_with_the_repositorys_key_and_single_files_verify_too()
    {
        await BuildAsync(await ArchiveAsync("K1", 1, sign: false));
        var trusted = new TrustedKeys([_vendor.PublicKey]);

        foreach (var signature in Directory.GetFiles(Root, "*.minisig", SearchOption.AllDirectories))
            Verify(trusted, signature[..^".minisig".Length], signature);
        await using var archive = File.OpenRead(Directory.GetFiles(Path.Combine(Root, "archives")).Single());
        (
            await PatchsetArchive.VerifyAsync(
                archive,
                trusted,
                PatchsetLimits.Default,
                DateTimeOffset.UtcNow,
                Cancellation
            )
        ).Manifest.Name.ShouldBe("K1");
    }

    [Fact]
    public async Task The_version_grows_with_every_build_and_the_same_archive_again_changes_nothing_else()
    {
        var archive = await ArchiveAsync("K1", 1);
        await BuildAsync(archive);
        var before = Tree();

        (await BuildAsync(archive)).GetProperty("version").GetInt64().ShouldBe(2);
        (await BuildAsync()).GetProperty("version").GetInt64().ShouldBe(3);

        Tree().ShouldBe(before);
    }

    [Fact]
    public async Task What_cannot_be_built_leaves_the_repository_as_it_was()
    {
        var good = await ArchiveAsync("K1", 1);
        await BuildAsync(good);
        var cut = _folder.File("cut.tar.gz");
        await File.WriteAllBytesAsync(cut, (await File.ReadAllBytesAsync(good, Cancellation))[..400], Cancellation);
        var before = FolderTree.Of(Root);

        await RefusedAsync(
            "patchset 'K1' already exists with different content in the repository",
            await ArchiveAsync("K1", 1)
        );
        await RefusedAsync("already exists with different content in the repository", await ArchiveAsync("K9", 1));
        await RefusedAsync("truncated", cut);
        await RefusedAsync("none.tar.gz", _folder.File("none.tar.gz"));
        await RefusedAsync("patchset 'K7' not found in the repository", "--block", "K7");
        await RefusedAsync("--expires must be between 1 and 3650", "--expires", "0");

        FolderTree.Of(Root).ShouldBe(before);
    }

    [Fact]
    public async Task With_the_disk_full_anywhere_the_old_index_stays_and_is_signed()
    {
        using var disk = SmallDisk.MountOrSkip(Root, "4m");
        await BuildAsync(await ArchiveAsync("K1", 1));
        var more = await ArchiveAsync("K2", 2);
        var trusted = new TrustedKeys([_vendor.PublicKey]);
        var failed = 0;
        for (var free = 0; ; free++)
        {
            disk.FillBut(free * 4096);
            var (exit, _, _) = await Cli().RunAsync(Arguments([more]));
            disk.Free();
            var index = Path.Combine(Root, "index.json");
            Verify(trusted, index, $"with {free} pages free, the index");
            RepositoryIndex
                .Parse(await File.ReadAllBytesAsync(index, Cancellation))
                .Version.ShouldBe(exit == 0 ? 2 : 1);
            if (exit == 0)
                break;
            failed++;
        }

        failed.ShouldBeGreaterThan(5);
    }

    private static void Verify(TrustedKeys trusted, string file, string what) =>
        trusted.Verify(File.ReadAllBytes(file), File.ReadAllText(file + ".minisig"), what);

    /// <summary>All of the tree but the index, which says when it was made.</summary>
    private string Tree() => FolderTree.Of(Root, path => path.StartsWith("index.json", StringComparison.Ordinal));

    private CliRunner Cli() => PortalCli.On(_folder.File("no-portal"));

    private string[] Arguments(string[] more) => ["repository", "build", "--key", KeyFile, "--json", Root, .. more];

    private Task<JsonElement> BuildAsync(params string[] more) => Cli().JsonAsync(Arguments(more));

    private async Task RefusedAsync(string said, params string[] more)
    {
        var (exit, _, error) = await Cli().RunAsync(Arguments(more));
        exit.ShouldBeOneOf(1, 2);
        error.ShouldContain(said);
    }

    private async Task<string> ArchiveAsync(string name, int level, bool sign = true)
    {
        var path = _folder.File($"{name}-{Guid.NewGuid():N}.tar.gz");
        await using var archive = await Archives.MakeAsync(
            name,
            level,
            new DateTimeOffset(2026, 1, level, 0, 0, 0, TimeSpan.Zero),
            Product.Kernel,
            SamplePatchset.Kernel('a'),
            System.Security.Cryptography.RandomNumberGenerator.GetBytes(20_000),
            sign ? _vendor : null
        );
        await using var file = File.Create(path);
        await archive.CopyToAsync(file, Cancellation);
        return path;
    }

    private void Serve(FakeSource source)
    {
        source.Files.Clear();
        foreach (var file in Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories))
            source.Files[Path.GetRelativePath(Root, file)] = File.ReadAllBytes(file);
    }
}
