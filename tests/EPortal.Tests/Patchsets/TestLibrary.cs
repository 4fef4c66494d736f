using EPortal.Blobs;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Hosting;
using EPortal.Patchsets;
using EPortal.Tests.Format;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace EPortal.Tests.Patchsets;

/// <summary>A library of patchsets with its database in one folder.</summary>
internal sealed class TestLibrary : IAsyncDisposable
{
    public static readonly Actor Admin = new("tester", "192.0.2.1");

    public TestLibrary(string root, TrustedKeys? trusted = null, PatchsetLimits? limits = null)
    {
        Root = root;
        foreach (var name in (string[])["arch", "resources", "user-resources", "config"])
            Directory.CreateDirectory(Path.Combine(root, name));
        Database = Database.Open(root);
        var time = new FakeTimeProvider(SamplePatchset.Now);
        Log = new ChangeLog(Database, Entities.Catalog, time);
        var (folders, bounds) = (new PatchFolders(root), limits ?? PatchsetLimits.Default);
        var signer = PortalSigner.Open(Path.Combine(root, "config", "signing.key"), trusted ?? TrustedKeys.None);
        Patchsets = new PatchsetLibrary(Database, Log, folders, signer, bounds, time);
        Shelf = new PatchFileIndex(Database, folders, signer, bounds, time);
    }

    public string Root { get; }

    public Database Database { get; }

    public ChangeLog Log { get; }

    public PatchsetLibrary Patchsets { get; }

    public PatchFileIndex Shelf { get; }

    /// <summary>A file of a patch that is here.</summary>
    public PatchFileLocation? FindFileOrNull(string target, int level, string file, string? sha256 = null) =>
        Shelf.FindOrNull(new PatchFileRequest(target, level, file, sha256));

    /// <summary>
    /// All files but the database's and the lock, and the folders of patchsets; not those that hold patchsets.
    /// </summary>
    public string Tree() =>
        FolderTree.Of(
            Root,
            path =>
                path.StartsWith("eportal.sqlite", StringComparison.Ordinal)
                || path
                    is HighWater.FileName
                        or "resources/.staging"
                        or "resources/.names.lock"
                        or "arch/user"
                        or "user-resources/user"
        );

    /// <summary>What is being built up, or was left.</summary>
    public IEnumerable<string> Staging()
    {
        var folder = Path.Combine(Root, "resources", ".staging");
        return Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder) : [];
    }

    public string FolderOf(string name) => Path.Combine(Root, "resources", name);

    public IReadOnlyList<string> Names(Product product = Product.Kernel) =>
        Database.Read(session => PatchsetStore.List(session, product).Select(patchset => patchset.Name).ToList());

    /// <summary>Deploys and enables on a feed.</summary>
    public async Task<Deployed> Deploy(byte[] archive, string feed = Feed.Main, Product product = Product.Kernel)
    {
        using var stream = new MemoryStream(archive);
        return await Patchsets.Deploy(
            Admin,
            product,
            stream,
            (change, patchset) => Rollout.Enable(change, (FeedStore.Get(change.Session, feed), patchset)),
            TestContext.Current.CancellationToken
        );
    }

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        Database.Dispose();
    }
}
