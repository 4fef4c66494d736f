using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>The parts of one configured patch source.</summary>
internal sealed class PatchSourceConnection : IDisposable
{
    /// <summary>Where a source takes usage reports, below its root.</summary>
    public const string ReportPath = "usage-report";

    private readonly SourceHttp _http;
    private readonly FileIntegrity _intact;
    private readonly CancellationTokenSource _stopping = new();
    private readonly RefCount _refs;
    private int _retired;

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
    /// <param name="activity">Told what its syncs do; null when nobody asks.</param>
    public PatchSourceConnection(
        SourceOptions options,
        SyncScope choice,
        bool cacheMode,
        string folder,
        PatchsetLibrary library,
        Database database,
        ChangeLog log,
        TrustedKeys trusted,
        PatchsetLimits limits,
        TimeProvider time,
        SyncActivity? activity = null
    )
    {
        Directory.CreateDirectory(folder);
        CacheMode = cacheMode;
        _http = new SourceHttp(options, time);
        _intact = new FileIntegrity(time);
        _refs = new RefCount(End);
        var client = new SourceClient(options, _http, database, trusted, limits, time);
        var fetch = new PatchsetImporter(client, library, folder);
        Sync = new SourceSync(
            client,
            fetch,
            database,
            log,
            choice,
            options.Parallel,
            Path.Combine(folder, "sync.lock"),
            activity ?? new SyncActivity(time)
        );
        Upstream = new SourceUpstream(
            fetch,
            new PatchCache(client, _intact, options.Timeout, time, _refs, _stopping.Token),
            database,
            choice,
            whole: !cacheMode
        );
    }

    /// <summary>Whether patch files are fetched when agents ask for them.</summary>
    public bool CacheMode { get; }

    /// <summary>Taking over what it lists.</summary>
    public SourceSync Sync { get; }

    /// <summary>Getting single things from it.</summary>
    public Upstream Upstream { get; }

    /// <summary>What the usual sync of these products is to bring.</summary>
    public SyncRequest Request(IReadOnlyList<Product> products) => new(products, Whole: !CacheMode);

    /// <summary>Gives it a usage report.</summary>
    /// <exception cref="SourceException">It failed, or takes none.</exception>
    public Task SendReport(byte[] json, CancellationToken cancel) => _http.PostAsync(ReportPath, json, cancel);

    /// <summary>Keeps it open until the result is disposed; null when it was given up already.</summary>
    public IDisposable? UseOrNull() => _refs.BeginOrNull();

    /// <summary>Releases it: running work finishes, and after the last of it the source is closed.</summary>
    public void Retire()
    {
        if (Interlocked.Exchange(ref _retired, 1) == 0)
            _refs.EndOwn();
    }

    /// <summary>Releases it, and cancels downloads for agents.</summary>
    public void Dispose()
    {
        // Not below: what was given up before and has ended is closed.
        if (UseOrNull() is not { } last)
            return;
        _stopping.Cancel();
        Retire();
        last.Dispose();
    }

    private void End()
    {
        _http.Dispose();
        _intact.Dispose();
        _stopping.Dispose();
    }
}
