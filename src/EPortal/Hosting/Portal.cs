using EPortal.Accounts;
using EPortal.Accounts.Ldap;
using EPortal.Accounts.Sessions;
using EPortal.Accounts.Sso;
using EPortal.Agents;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Keys;
using EPortal.Patchsets;
using EPortal.PatchSource;
using EPortal.Servers;
using EPortal.Servers.CheckIns;
using EPortal.Servers.Search;

namespace EPortal.Hosting;

/// <summary>
/// The portal's features on one data folder, put together once: the server and every command of the command line use
/// this same object, so that a rule holds wherever it is asked for.
/// </summary>
internal sealed class Portal : IAsyncDisposable
{
    private readonly DataFolderUse _use;

    private Portal(Settings settings, DataFolder folder, TimeProvider time, bool isNew)
    {
        Settings = settings;
        Time = time;
        _use = DataFolderUse.Share(folder.Root);
        Database = Database.Open(folder.Root);
        RequireOwn(Database, folder, isNew);
        Log = new ChangeLog(Database, Entities.Catalog, time);
        Signer = PortalSigner.Open(folder.PathOf("config/signing.key"), TrustedKeysOf(settings));
        Offers = new Offers();
        Levels = new PatchsetLevels();
        Usage = new PatchsetUsage(Levels);
        PatchesRoot = settings.PatchesDir ?? folder.Root;
        Folders = new PatchFolders(PatchesRoot);
        Patchsets = new PatchsetLibrary(Database, Log, Folders, Signer, LimitsOf(settings), time);
        Shelf = new PatchFileIndex(Database, Folders, Signer, LimitsOf(settings), time);
        Feeds = new FeedStore(Database, Log);
        var runtime = new RuntimeSettings(Database, folder.ConfigFile);
        SyncActivity = new SyncActivity(time);
        Source = new PatchSourceManager(
            runtime,
            SourceSettings.Initial(settings),
            setting => SourceSettings.Open(this, setting),
            Log,
            settings.CacheMode
        );
        SourceTest = new SourceTest(
            setting => SourceSettings.OptionsOf(settings, setting),
            Database,
            Signer.Trusted,
            LimitsOf(settings),
            time
        );
        Rollout = new Rollout(Database, Log, Source.Upstream);
        AutoUpdate = new AutoUpdate(Feeds, Rollout, time);
        Keys = new KeyStore(Database, Log);
        HostChangeLimiter = new HostChangeLimiter(settings.ServerChangesPerHour, time);
        Servers = new ServerStore(Database, Log, HostChangeLimiter, time);
        Registration = new Registration(Log, HostChangeLimiter);
        SearchBacklog = new SearchBacklog(Log);
        Known = new ServerCache(Database, Offers);
        CheckIns = new CheckInRecorder(Log, Known, HostChangeLimiter);
        Agents = new AgentService(Database, new AgentOffers(Offers), CheckIns, Known, time);
        Users = new UserStore(Database, Log, settings.AuthPasswordMinLength);
        ApiKeys = new ApiKeyStore(Database, Log, time);
        SessionLifetime = new SessionLifetime(settings.AuthSessionLifetime, settings.AuthRefreshSession);
        Ldap = new LdapStore(runtime, Log, time);
        SignOn = new SsoOptions(
            settings.OidcAuthUrl,
            settings.OidcTokenUrl,
            settings.OidcUserinfoUrl,
            settings.OidcLogoutUrl,
            settings.OidcClientId,
            settings.OidcClientSecret
        );
        ExternalLogins = new ExternalLogins(Database, Ldap, SignOn, settings.AuthExternalLifetime);
        Sessions = new SessionStore(Database, Log, SessionLifetime, ExternalLogins, time);
        Trimming = new Trimming(
            Database,
            Log,
            [
                new OperationRetention(settings.ReplicationCleanAge),
                UserLog.Retention(settings.UserLogMaxAge, settings.UserLogMaxRows),
                ServerHistory.Retention(settings.ServerHistoryMaxAge, settings.ServerHistoryMaxRows),
            ],
            time
        );
    }

    /// <summary>The settings in force.</summary>
    public Settings Settings { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>The store, for reading.</summary>
    public Database Database { get; }

    /// <summary>The one door for changes.</summary>
    public ChangeLog Log { get; }

    /// <summary>Signatures.</summary>
    public PortalSigner Signer { get; }

    /// <summary>What feeds offer.</summary>
    public Offers Offers { get; }

    /// <summary>What each patchset holds.</summary>
    public PatchsetLevels Levels { get; }

    /// <summary>Which patchsets servers run.</summary>
    public PatchsetUsage Usage { get; }

    /// <summary>Patchsets that are here.</summary>
    public PatchsetLibrary Patchsets { get; }

    /// <summary>Their single files.</summary>
    public PatchFileIndex Shelf { get; }

    /// <summary>Feeds.</summary>
    public FeedStore Feeds { get; }

    /// <summary>The patch source, which may be set at run time.</summary>
    public PatchSourceManager Source { get; }

    /// <summary>Trying a patch source without setting it.</summary>
    public SourceTest SourceTest { get; }

    /// <summary>What syncs of this process do.</summary>
    public SyncActivity SyncActivity { get; }

    /// <summary>Where patches are kept.</summary>
    public string PatchesRoot { get; }

    /// <summary>Patch files on disk.</summary>
    public PatchFolders Folders { get; }

    /// <summary>Patchsets that come onto feeds by themselves.</summary>
    public AutoUpdate AutoUpdate { get; }

    /// <summary>Patchsets on feeds.</summary>
    public Rollout Rollout { get; }

    /// <summary>Registration keys.</summary>
    public KeyStore Keys { get; }

    /// <summary>Registered hosts.</summary>
    public ServerStore Servers { get; }

    /// <summary>What each host has changed in this hour.</summary>
    public HostChangeLimiter HostChangeLimiter { get; }

    /// <summary>Deletes what is too old or too much.</summary>
    public Trimming Trimming { get; }

    /// <summary>Registration of hosts.</summary>
    public Registration Registration { get; }

    /// <summary>Rows for lists that were put off.</summary>
    public SearchBacklog SearchBacklog { get; }

    /// <summary>Registered hosts in memory.</summary>
    public ServerCache Known { get; }

    /// <summary>Check-ins of hosts.</summary>
    public CheckInRecorder CheckIns { get; }

    /// <summary>What agents ask for.</summary>
    public AgentService Agents { get; }

    /// <summary>Local accounts.</summary>
    public UserStore Users { get; }

    /// <summary>Keys by which programs call the API.</summary>
    public ApiKeyStore ApiKeys { get; }

    /// <summary>The directory that people may log in by.</summary>
    public LdapStore Ldap { get; }

    /// <summary>The sign-on provider.</summary>
    public SsoOptions SignOn { get; }

    /// <summary>How long logins by a directory or sign-on provider count.</summary>
    public ExternalLogins ExternalLogins { get; }

    /// <summary>How long logins last.</summary>
    public SessionLifetime SessionLifetime { get; }

    /// <summary>Logins that last.</summary>
    public SessionStore Sessions { get; }

    /// <summary>Opens the data folder and what is on it.</summary>
    /// <param name="settings">The settings in force.</param>
    /// <param name="time">The clock.</param>
    /// <param name="isNew">Whether a folder of which a part is missing, or is another installation's, is taken as it
    /// is.</param>
    /// <exception cref="StartException">The folder cannot be used as it is.</exception>
    /// <exception cref="StoreException">The database cannot be used.</exception>
    public static Portal Open(Settings settings, TimeProvider time, bool isNew = false) =>
        new(settings, DataFolder.Enter(settings, isNew), time, isNew);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Source.Dispose();
        await Log.DisposeAsync();
        Database.Dispose();
        _use.Dispose();
    }

    private static void RequireOwn(Database database, DataFolder folder, bool isNew)
    {
        if (isNew)
            database.GiveTo(folder.InstanceId);
        else if (!database.IsOf(folder.InstanceId))
        {
            database.Dispose();
            throw new DataFolderException(
                $"database {folder.DatabaseFile} and {folder.PathOf("instance-id")} belong to different installations; restore the "
                    + $"matching instance-id, or keep this one with {DataFolderCheck.ServeNew}"
            );
        }
    }

    /// <summary>The pinned keys.</summary>
    public static TrustedKeys TrustedKeysOf(Settings settings) =>
        new(settings.TrustedKeys.Select(ArchiveKeys.ReadPublic));

    /// <summary>The bounds on archives.</summary>
    public static PatchsetLimits LimitsOf(Settings settings) =>
        PatchsetLimits.Default with
        {
            MaxArchiveBytes = settings.PatchsetMaxArchiveBytes,
            MaxUnpackedBytes = settings.PatchsetMaxUnpackedBytes,
            MaxFileBytes = settings.PatchsetMaxFileBytes,
            MaxMembers = settings.PatchsetMaxMembers,
            MaxTargets = settings.PatchsetMaxTargets,
            MaxManifestBytes = settings.PatchsetMaxManifestBytes,
        };
}
