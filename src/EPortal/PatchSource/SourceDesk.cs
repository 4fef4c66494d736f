using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>Everything that has to do with the patch source that is set.</summary>
internal sealed class SourceDesk : IDisposable
{
    private readonly SourceHttp _http;
    private readonly IntactFiles _intact;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Puts it together.</summary>
    /// <param name="options">The source.</param>
    /// <param name="choice">What is wanted of it.</param>
    /// <param name="cacheMode">Whether patch files are fetched when agents ask for them.</param>
    /// <param name="folder">Where downloads lie until they are whole.</param>
    /// <param name="library">Where patchsets go.</param>
    /// <param name="database">The store.</param>
    /// <param name="log">Changes to it.</param>
    /// <param name="trusted">Keys that patchsets must be signed with.</param>
    /// <param name="limits">Bounds on what is read.</param>
    /// <param name="time">The clock.</param>
    public SourceDesk(
        SourceOptions options, SourceChoice choice, bool cacheMode, string folder, PatchsetLibrary library,
        Database database, ChangeLog log, TrustedKeys trusted, PatchsetLimits limits, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        CacheMode = cacheMode;
        _http = new SourceHttp(options, time);
        _intact = new IntactFiles(time);
        var client = new SourceClient(options, _http, database, trusted, limits, time);
        var fetch = new SourceFetch(client, library, folder);
        Sync = new SourceSync(client, fetch, database, log, choice, options.Parallel, Path.Combine(folder, "sync.lock"));
        Upstream = new SourceUpstream(fetch, new PatchCache(client, _intact, options.Timeout, time, _stopping.Token), database, choice, whole: !cacheMode);
    }

    /// <summary>Whether patch files are fetched when agents ask for them.</summary>
    public bool CacheMode { get; }

    /// <summary>Taking over what it lists.</summary>
    public SourceSync Sync { get; }

    /// <summary>Getting single things from it.</summary>
    public Upstream Upstream { get; }

    /// <summary>What the usual sync of these products is to bring.</summary>
    public SyncWish Wish(IReadOnlyList<Product> products) => new(products, Whole: !CacheMode);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Cancel();
        _http.Dispose();
        _intact.Dispose();
        _stopping.Dispose();
    }
}
