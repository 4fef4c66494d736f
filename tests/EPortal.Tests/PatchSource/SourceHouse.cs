using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Hosting;
using EPortal.PatchSource;
using EPortal.Tests.Format;
using EPortal.Tests.Hosting;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary>A portal's store and files, and a patience with its source that fits a test.</summary>
internal sealed class SourceHouse : IAsyncDisposable
{
    public static readonly Actor Admin = new("tester");

    private readonly TempFolder _folder = new();
    private PatchSourceConnection? _connection;

    private SourceHouse(Func<Settings, Settings> change)
    {
        Portal = Portal.Open(
            change(Settings.Defaults with { DataDir = _folder.File("data"), RunAs = Shell.IsRoot ? "root" : null }),
            Time
        );
    }

    public ShiftedTime Time { get; } = new();

    public Portal Portal { get; }

    /// <summary>Opens one that pins the source's key.</summary>
    public static SourceHouse Open(FakeSource source, Func<Settings, Settings>? change = null)
    {
        var house = new SourceHouse(settings =>
        {
            settings = settings with { TrustedKeys = [source.Key.PublicKey.ToString()] };
            return change?.Invoke(settings) ?? settings;
        });
        house._connection = house.Connection(source.Address);
        return house;
    }

    public PatchSourceConnection Source => _connection!;

    /// <summary>A second set of objects on the same store, as another process has, or after a change of keys.</summary>
    public PatchSourceConnection Connection(
        Uri address,
        TrustedKeys? trusted = null,
        PatchsetLimits? limits = null,
        TimeSpan? patience = null
    ) =>
        new(
            new SourceOptions
            {
                Url = address,
                User = "user",
                Password = "password",
                // Long: a busy machine must not look like a silent source.
                Timeout = patience ?? TimeSpan.FromSeconds(20),
                LowestRate = 100_000,
                FirstPause = TimeSpan.FromMilliseconds(1),
                LongestPause = TimeSpan.FromMilliseconds(20),
            },
            new SyncScope(Portal.Settings.PatchSourceDistros, Portal.Settings.LimitPatchsets),
            Portal.Settings.CacheMode,
            _folder.File("data/cache/source"),
            Portal.Patchsets,
            Portal.Database,
            Portal.Log,
            trusted ?? Portal.Signer.Trusted,
            limits ?? PatchsetLimits.Default,
            Time
        );

    /// <summary>One sync of everything.</summary>
    public async Task<SyncReport> SyncAsync(PatchSourceConnection? connection = null, SyncRequest? request = null)
    {
        connection ??= Source;
        using var syncLock = connection.Sync.TryBegin();
        Assert.NotNull(syncLock);
        return await connection.Sync.Run(
            Admin,
            request ?? connection.Request(Products.All),
            _ => new Progress<long>(),
            TestContext.Current.CancellationToken
        );
    }

    /// <summary>The code with which a sync is refused.</summary>
    public async Task<SourceError> RefusedAsync(PatchSourceConnection? connection = null)
    {
        try
        {
            await SyncAsync(connection);
        }
        catch (SourceException e)
        {
            Assert.Equal(e.Code.ToString(), State().Error);
            Assert.Equal(e.Message, State().Message);
            return e.Code;
        }

        throw new Xunit.Sdk.XunitException("The source was believed.");
    }

    public SyncState State() => Portal.Database.Read(SourceStore.StateOrNull)!;

    /// <summary>States of the kernel patchsets on a feed, oldest first, such as <c>K1:enabled</c>.</summary>
    public IEnumerable<string> States(string feed = Feed.Main) =>
        Portal
            .Rollout.List(feed, Product.Kernel)
            .Select(p => $"{p.Patchset.Name}:{p.State.Token()}{(p.IsQuestionable ? "(!)" : "")}");

    /// <summary>
    /// Every file but the database, with its content's hash, and the states on main: what must not change when
    /// something fails.
    /// </summary>
    public string Everything() =>
        FolderTree.Of(
            Portal.PatchesRoot,
            path =>
                path.StartsWith("eportal.sqlite", StringComparison.Ordinal)
                || path
                    is HighWater.FileName
                        or "resources/.staging"
                        or "resources/.names.lock"
                        or "arch/user"
                        or "user-resources/user"
        ) + string.Join('\n', States());

    /// <summary>Brings everything that is here onto main.</summary>
    public Task EnableAllAsync() => Portal.AutoUpdate.Update(Admin, Product.Kernel, Feed.Main);

    public async ValueTask DisposeAsync()
    {
        _connection?.Dispose();
        await Portal.DisposeAsync();
        _folder.Dispose();
    }
}
