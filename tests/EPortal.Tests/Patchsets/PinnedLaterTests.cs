using EPortal.Feeds;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.Tests.Format;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Patchsets;

/// <summary>A patchset that came in while no key was pinned, deployed again once its maker's is.</summary>
public sealed class PinnedLaterTests : IAsyncDisposable
{
    private static readonly string Target = SamplePatchset.Kernel('a');

    private readonly TempFolder _folder = new();
    private readonly TestLibrary _before;
    private readonly Offers _offers = new();

    public PinnedLaterTests() => _before = new TestLibrary(_folder.Path);

    public async ValueTask DisposeAsync()
    {
        await _before.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Agents_get_it_with_its_makers_signature(bool folderIsLost)
    {
        var archive = await SamplePatchset.BuildAsync(key: SamplePatchset.Key);
        await _before.Deploy(archive);
        SignedBy(await Offered(_before))
            .ShouldNotBe(SamplePatchset.Key.PublicKey.KeyId, "the portal vouches for it as long as nobody is trusted");
        if (folderIsLost)
            Directory.Delete(_before.FolderOf(SamplePatchset.Name), recursive: true);

        await using var pinned = new TestLibrary(_folder.Path, SamplePatchset.Trusted);
        (await pinned.Deploy(archive)).ShouldBe(
            new Deployed(SamplePatchset.Name, Product.Kernel, true, SamplePatchset.Key.PublicKey.KeyId)
        );

        SignedBy(await Offered(pinned)).ShouldBe(SamplePatchset.Key.PublicKey.KeyId);
        pinned
            .Database.Read(session => PatchsetStore.Get(session, Product.Kernel, SamplePatchset.Name))
            .SignedBy.ShouldBe(SamplePatchset.Key.PublicKey.KeyId);
        pinned
            .Database.Read(session => EPortal.Data.UserLog.Latest(session, 10))
            .ShouldContain(line => line.Action == "patchset.verify");
        pinned.Staging().ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_pinned_key_nothing_about_it_changes()
    {
        var archive = await SamplePatchset.BuildAsync(key: SamplePatchset.Key);
        await _before.Deploy(archive);
        var tree = _before.Tree();

        await _before.Deploy(archive);

        _before.Tree().ShouldBe(tree);
        _before
            .Database.Read(session => EPortal.Data.UserLog.Latest(session, 10))
            .ShouldNotContain(line => line.Action == "patchset.verify");
    }

    /// <summary>
    /// The signature of a patch as a running portal offers and finds it; every file is what the offer says.
    /// </summary>
    private async Task<string> Offered(TestLibrary library)
    {
        var main = library.Database.Read(session => FeedStore.Get(session, Feed.Main)).Id;
        var offer = library.Database.Read(_offers.At).FindOrNull(main, Product.Kernel, Target)!;
        foreach (var file in offer.Files)
        {
            var content = await File.ReadAllBytesAsync(
                library.FindFileOrNull(Target, 1, file.Name, file.Sha256)!.Path,
                TestContext.Current.CancellationToken
            );
            SamplePatchset.Entry(content).ShouldBe(new FileEntry(file.Size, file.Sha256), file.Name);
        }

        return await File.ReadAllTextAsync(
            library.FindFileOrNull(Target, 1, PatchDescription.SignatureFileName)!.Path,
            TestContext.Current.CancellationToken
        );
    }

    private static string SignedBy(string signature) =>
        MinisignSignature.Parse(signature, PatchDescription.SignatureFileName).KeyId;
}
