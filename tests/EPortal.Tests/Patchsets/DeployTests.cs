using EPortal.Blobs;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.Tests.Format;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Patchsets;

/// <summary>What a deploy does to the library, and what it leaves alone.</summary>
public sealed class DeployTests : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestLibrary _library;

    public DeployTests() => _library = new TestLibrary(_folder.Path);

    public async ValueTask DisposeAsync()
    {
        await _library.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(Compression.None, ".tar")]
    [InlineData(Compression.Gzip, ".tar.gz")]
    [InlineData(Compression.Bzip2, ".tar.bz2")]
    [InlineData(Compression.Zstd, ".tar.zst")]
    public async Task An_archive_is_kept_and_its_files_are_for_the_owner_alone(Compression compression, string ending)
    {
        var archive = await SamplePatchset.BuildAsync(compression);
        (await _library.Deploy(archive)).ShouldBe(new Deployed(SamplePatchset.Name, Product.Kernel, false, null));
        (
            await File.ReadAllBytesAsync(
                _folder.File($"arch/{SamplePatchset.Name}{ending}"),
                TestContext.Current.CancellationToken
            )
        ).ShouldBe(archive);
        var file = _library.FindFileOrNull(SamplePatchset.Kernel('a'), 1, "kpatch.bin")!;
        File.ReadAllText(file.Path).ShouldBe("payload a");
        Shell.Stat(file.Path).ShouldStartWith("600 ");
        Shell.Stat(Path.GetDirectoryName(file.Path)!).ShouldStartWith("700 ");
        _library.Staging().ShouldBeEmpty();
    }

    [Fact]
    public async Task Archives_of_all_products_are_listed_in_one_folder()
    {
        var archive = await UserArchive("U1");
        await _library.Deploy(archive, product: Product.User);
        (await File.ReadAllBytesAsync(_folder.File("arch/U1.tar"), TestContext.Current.CancellationToken)).ShouldBe(
            archive
        );
        var folders = new PatchFolders(_folder.Path);

        // As earlier versions left it, and as a crash may.
        File.Delete(_folder.File("arch/U1.tar"));
        File.CreateSymbolicLink(_folder.File("arch/U0.tar"), "user/U0.tar");
        folders.ListArchives();
        Directory.EnumerateFiles(_folder.File("arch")).Select(Path.GetFileName).ShouldBe(["U1.tar"]);

        await _library.Patchsets.Delete(TestLibrary.Admin, Product.User, "U1");
        Directory.EnumerateFileSystemEntries(_folder.File("arch")).Select(Path.GetFileName).ShouldBe(["user"]);
    }

    [Fact]
    public async Task A_kernel_archive_takes_the_place_of_a_link_of_its_name()
    {
        await _library.Deploy(await UserArchive("K1"), product: Product.User);
        var kernel = await SamplePatchset.BuildAsync(name: "K1");
        await _library.Deploy(kernel);

        (await File.ReadAllBytesAsync(_folder.File("arch/K1.tar"), TestContext.Current.CancellationToken)).ShouldBe(
            kernel
        );
        await _library.Patchsets.Delete(TestLibrary.Admin, Product.User, "K1");
        (await File.ReadAllBytesAsync(_folder.File("arch/K1.tar"), TestContext.Current.CancellationToken)).ShouldBe(
            kernel
        );
    }

    [Fact]
    public async Task A_patch_without_payload_that_an_earlier_version_took_in_is_not_offered_over_an_older_one()
    {
        await _library.Deploy(await SamplePatchset.BytesAsync(Kernel("K1", 1), Compression.None, null));
        await _library.Deploy(await SamplePatchset.BytesAsync(Kernel("K2", 2), Compression.None, null));
        await _library.Log.Commit(
            TestLibrary.Admin,
            change =>
                change.Session.Execute(
                    "UPDATE patchset_target SET files = replace(files, 'kpatch.bin', 'kpatch.txt') WHERE level = 2"
                )
        );

        var offers = _library.Database.Read(new Offers().At);

        offers
            .Of(_library.Database.Read(session => FeedStore.Get(session, Feed.Main)).Id)
            .Single()
            .Value.Level.ShouldBe(1);
    }

    [Fact]
    public async Task The_same_archive_twice_changes_nothing()
    {
        var archive = await SamplePatchset.BuildAsync();
        await _library.Deploy(archive);
        var before = _library.Tree();
        (await _library.Deploy(archive)).WasHere.ShouldBeTrue();
        _library.Tree().ShouldBe(before);
        _library.Names().ShouldBe([SamplePatchset.Name]);
        _library.Staging().ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_deploys_of_the_same_content_at_once_are_both_fine()
    {
        var archive = await SamplePatchset.BuildAsync();
        var deployed = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => _library.Deploy(archive))));
        deployed.Count(one => !one.WasHere).ShouldBe(1);
        Whole();
    }

    [Fact]
    public async Task Of_two_deploys_of_other_content_at_once_one_wins()
    {
        for (var round = 0; round < 5; round++)
        {
            var archives = await Task.WhenAll(
                Enumerable.Range(0, 4).Select(n => SamplePatchset.BuildAsync(salt: $"{n}"))
            );
            var outcomes = await Task.WhenAll(
                archives.Select(archive =>
                    Task.Run(async () =>
                    {
                        try
                        {
                            await _library.Deploy(archive);
                            return archive;
                        }
                        catch (RefusedException refusal)
                        {
                            refusal.Message.ShouldBe(
                                $"patchset '{SamplePatchset.Name}' already exists with different content; delete it first"
                            );
                            return null;
                        }
                    })
                )
            );
            var winner = outcomes.Where(archive => archive is not null).ShouldHaveSingleItem()!;
            (
                await File.ReadAllBytesAsync(
                    _folder.File($"arch/{SamplePatchset.Name}.tar"),
                    TestContext.Current.CancellationToken
                )
            ).ShouldBe(winner);
            Whole();
            await _library.Patchsets.Delete(TestLibrary.Admin, Product.Kernel, SamplePatchset.Name);
        }
    }

    [Fact]
    public async Task What_a_crash_left_under_the_name_is_replaced()
    {
        Directory.CreateDirectory(_library.FolderOf(SamplePatchset.Name) + "/stray");
        _folder.Write($"resources/{SamplePatchset.Name}/manifest.json", "of before");
        _folder.Write($"arch/{SamplePatchset.Name}.tar", "of before");
        await _library.Deploy(await SamplePatchset.BuildAsync());
        Directory.Exists(_library.FolderOf(SamplePatchset.Name) + "/stray").ShouldBeFalse();
        Whole();
    }

    [Fact]
    public async Task A_lost_folder_comes_back_with_the_archive()
    {
        var archive = await SamplePatchset.BuildAsync();
        await _library.Deploy(archive);
        var before = _library.Tree();
        Directory.Delete(_library.FolderOf(SamplePatchset.Name), recursive: true);
        (await _library.Deploy(archive)).WasHere.ShouldBeTrue();
        _library.Tree().ShouldBe(before);
    }

    [Fact]
    public async Task A_deploy_to_an_unknown_feed_leaves_no_file()
    {
        var before = _library.Tree();
        var archive = await SamplePatchset.BuildAsync();
        (await Should.ThrowAsync<RefusedException>(() => _library.Deploy(archive, feed: "nowhere"))).Message.ShouldBe(
            "feed 'nowhere' not found"
        );
        _library.Tree().ShouldBe(before);
        _library.Names().ShouldBeEmpty();

        // What is here already stays when it is deployed to a feed that is not.
        await _library.Deploy(archive);
        before = _library.Tree();
        await Should.ThrowAsync<RefusedException>(() => _library.Deploy(archive, feed: "nowhere"));
        _library.Tree().ShouldBe(before);
        Whole();
    }

    [Fact]
    public async Task A_patchset_of_another_product_is_refused()
    {
        var before = _library.Tree();
        var archive = await SamplePatchset.BuildAsync();
        (
            await Should.ThrowAsync<RefusedException>(() => _library.Deploy(archive, product: Product.User))
        ).Message.ShouldBe($"'{SamplePatchset.Name}' is a kernel patchset, not a user patchset");
        _library.Tree().ShouldBe(before);
    }

    [Fact]
    public async Task Pinned_keys_decide_what_is_taken()
    {
        await using var pinned = new TestLibrary(_folder.File("pinned"), SamplePatchset.Trusted);
        var before = pinned.Tree();
        foreach (
            var archive in (byte[][])
                [await SamplePatchset.BuildAsync(), await SamplePatchset.BuildAsync(key: MinisignSecretKey.Generate())]
        )
            await Should.ThrowAsync<PatchsetException>(() => pinned.Deploy(archive));
        pinned.Tree().ShouldBe(before);
        (await pinned.Deploy(await SamplePatchset.BuildAsync(key: SamplePatchset.Key))).SignedBy.ShouldBe(
            SamplePatchset.Key.PublicKey.KeyId
        );
    }

    [Fact]
    public async Task One_address_has_one_content_whatever_the_product()
    {
        await _library.Deploy(await SamplePatchset.BuildAsync());
        var before = _library.Tree();
        foreach (var product in (Product[])[Product.Kernel, Product.User])
        {
            var other = await SamplePatchset.BytesAsync(
                SamplePatchset.Builder("Other", "other", product),
                Compression.None,
                null
            );
            (
                await Should.ThrowAsync<RefusedException>(() => _library.Deploy(other, product: product))
            ).Message.ShouldBe(
                $"level 1 of target {SamplePatchset.Kernel('a')} already exists with different content, in patchset '{SamplePatchset.Name}'"
            );
            _library.Tree().ShouldBe(before);
        }

        // The same payload in another patchset is no conflict.
        await _library.Deploy(await SamplePatchset.BuildAsync(name: "Same"));
    }

    private void Whole()
    {
        var folder = _library.FolderOf(SamplePatchset.Name);
        foreach (var digit in "ab")
        {
            var patch = Path.Combine(folder, SamplePatchset.Kernel(digit), "1");
            Directory
                .EnumerateFiles(patch)
                .Select(Path.GetFileName)
                .Order(StringComparer.Ordinal)
                .ShouldBe(["kpatch.bin", "kpatch.info", "patch.json", "patch.json.minisig"]);
            foreach (var file in Directory.EnumerateFiles(patch))
            {
                var found = _library.FindFileOrNull(SamplePatchset.Kernel(digit), 1, Path.GetFileName(file))!;
                SamplePatchset.Entry(File.ReadAllBytes(file)).Sha256.ShouldBe(found.File.Sha256);
            }
        }

        Directory.EnumerateDirectories(folder).Count().ShouldBe(2);
        _library.Names().ShouldBe([SamplePatchset.Name]);
        _library.Staging().ShouldBeEmpty();
    }

    private static Task<byte[]> UserArchive(string name) =>
        SamplePatchset.BytesAsync(SamplePatchset.Builder(name, product: Product.User), Compression.None, null);

    private static PatchsetBuilder Kernel(string name, int level)
    {
        var builder = new PatchsetBuilder(
            SamplePatchset.Head(name) with
            {
                Released = SamplePatchset.Now - TimeSpan.FromHours(5 - level),
            }
        );
        builder.AddTarget(SamplePatchset.Target(SamplePatchset.Kernel('a'), level));
        builder.AddFile(SamplePatchset.Kernel('a'), "kpatch.bin", SamplePatchset.Text($"payload {level}"));
        return builder;
    }
}
