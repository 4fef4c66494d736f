using EPortal.Feeds;
using EPortal.Format;
using EPortal.Tests.Format;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Patchsets;

/// <summary>One patch in two patchsets: what is offered of either must be what its address serves.</summary>
public sealed class SharedPatchTests : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestLibrary _library;

    public SharedPatchTests() => _library = new TestLibrary(_folder.Path);

    public async ValueTask DisposeAsync()
    {
        await _library.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Files_that_are_offered_are_those_that_are_served()
    {
        await _library.Deploy(await SamplePatchset.BuildAsync(name: "K1"));
        await _library.Deploy(await SamplePatchset.BuildAsync(name: "K2"));
        var offer = _library.Database.Read(session =>
            new Offers().At(session).FindOrNull(Feed.MainId, Product.Kernel, SamplePatchset.Kernel('a'))
        )!;
        offer.Patchset.ShouldBe("K2");
        foreach (var file in offer.Files)
        {
            var served = _library.FindFileOrNull(SamplePatchset.Kernel('a'), offer.Level, file.Name, file.Sha256)!;
            SamplePatchset.Entry(File.ReadAllBytes(served.Path)).Sha256.ShouldBe(file.Sha256, file.Name);
        }

        _library.FindFileOrNull(SamplePatchset.Kernel('a'), 1, "patch.json").ShouldNotBeNull();
        _library.FindFileOrNull(SamplePatchset.Kernel('a'), 1, "patch.json", new string('0', 64)).ShouldBeNull();
    }
}
