using EPortal.Format;
using EPortal.Tests.Format;
using EPortal.Tests.Hosting;
using Shouldly;

namespace EPortal.Tests.Patchsets;

/// <summary>
/// Gives an archive to every door: check, unpack and deploy, with and without pinned keys. Each must refuse it in the
/// same words, and the folders around must be afterwards what they were before.
/// </summary>
public sealed class RefusalFixture : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestLibrary _open;
    private readonly TestLibrary _pinned;

    public RefusalFixture()
    {
        _open = new TestLibrary(_folder.File("open"));
        _pinned = new TestLibrary(_folder.File("pinned"), SamplePatchset.Trusted);
        _folder.Write("bystander", "not to be touched");
    }

    /// <summary>Has the archive refused by a portal without pinned keys.</summary>
    internal Task<PatchsetException> RefusedAsync(byte[] archive) => RefusedAsync(_open, TrustedKeys.None, archive);

    /// <summary>Has the archive refused by a portal that trusts the sample's key.</summary>
    internal Task<PatchsetException> RefusedPinnedAsync(byte[] archive) =>
        RefusedAsync(_pinned, SamplePatchset.Trusted, archive);

    /// <summary>Has the archive refused with this code and these words.</summary>
    internal async Task RefusedAsync(byte[] archive, PatchsetErrorCode code, string words)
    {
        var refusal = await RefusedAsync(archive);
        refusal.Message.ShouldContain(words);
        refusal.Code.ShouldBe(code, refusal.Message);
    }

    public async ValueTask DisposeAsync()
    {
        await _open.DisposeAsync();
        await _pinned.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<PatchsetException> RefusedAsync(TestLibrary library, TrustedKeys trusted, byte[] archive)
    {
        var before = Around();
        var refusal = await Should.ThrowAsync<PatchsetException>(() =>
            PatchsetArchive.VerifyAsync(
                new MemoryStream(archive),
                trusted,
                PatchsetLimits.Default,
                SamplePatchset.Now,
                CancellationToken.None
            )
        );
        refusal.Message.ShouldNotContain('\n');
        refusal.Message.ShouldNotEndWith(".");
        await UnpackAsync(trusted, archive, refusal.Message, before);
        var deploy = await Should.ThrowAsync<PatchsetException>(() => library.Deploy(archive));
        deploy.Message.ShouldBe(refusal.Message);
        library.Staging().ShouldBeEmpty();
        library.Names().ShouldBeEmpty();
        Around().ShouldBe(before);
        return refusal;
    }

    private async Task UnpackAsync(TrustedKeys trusted, byte[] archive, string message, string before)
    {
        var staging = Directory.CreateDirectory(_folder.File("staging/unpacked")).FullName;
        var refusal = await Should.ThrowAsync<PatchsetException>(() =>
            PatchsetArchive.UnpackAsync(
                new MemoryStream(archive),
                staging,
                trusted,
                PatchsetLimits.Default,
                SamplePatchset.Now,
                CancellationToken.None
            )
        );
        refusal.Message.ShouldBe(message);
        foreach (var entry in new DirectoryInfo(staging).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
            entry.LinkTarget.ShouldBeNull($"{entry} is a link");
        Directory.Delete(_folder.File("staging"), recursive: true);
        Around().ShouldBe(before);
    }

    /// <summary>Everything but databases and the folder for staging, which comes with the first deploy.</summary>
    private string Around() =>
        FolderTree.Of(
            _folder.Path,
            path =>
                path.Contains("eportal.sqlite", StringComparison.Ordinal)
                || path.EndsWith("resources/.staging", StringComparison.Ordinal)
                || path.EndsWith(".names.lock", StringComparison.Ordinal)
        );
}
