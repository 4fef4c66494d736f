using EPortal.Accounts;
using EPortal.Accounts.Ldap;
using EPortal.Accounts.Sessions;
using EPortal.Agents;
using EPortal.Agents.Packages;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Keys;
using EPortal.Operations.Mail;
using EPortal.Operations.Reports;
using EPortal.Patchsets;
using EPortal.PatchSource;
using EPortal.Replication;
using EPortal.Servers;

namespace EPortal.Hosting;

/// <summary>
/// The portal's features on one data folder: the server and every command of the command line get their objects here,
/// so that a rule holds wherever it is asked for. What features add (<see cref="Features.Add"/>) is made once, at its
/// first use.
/// </summary>
internal sealed class Portal : IAsyncDisposable
{
    private readonly ServiceCollection _services = [];
    private readonly ServiceProvider _objects;
    private readonly DataFolderUse _use;

    private Portal(
        Settings settings,
        DataFolder folder,
        TimeProvider time,
        bool isNew,
        Action<IServiceCollection>? change
    )
    {
        Settings = settings;
        Time = time;
        PatchesRoot = PatchesRootOf(settings);
        _use = DataFolderUse.Share(folder.Root);
        try
        {
            Database = Database.Open(folder.Root);
            RequireOwn(Database, folder, isNew);
        }
        catch
        {
            _use.Dispose();
            throw;
        }

        Log = new ChangeLog(Database, Entities.Catalog, time);
        Features.Add(_services, settings, folder, Database, Log);
        change?.Invoke(_services);
        _objects = _services.BuildServiceProvider();
        // Every opening makes the signing key, and takes over what was set, where that is missing.
        _ = Get<PortalSigner>();
        _ = Get<RuntimeSettings>();
        Log.Guard = Get<ChangeGuard>().Refuse;
    }

    /// <summary>The settings in force.</summary>
    public Settings Settings { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>The store, for reading.</summary>
    public Database Database { get; }

    /// <summary>The one door for changes.</summary>
    public ChangeLog Log { get; }

    /// <summary>Where patches are kept.</summary>
    public string PatchesRoot { get; }

    /// <summary>Signatures.</summary>
    public PortalSigner Signer => Get<PortalSigner>();

    /// <summary>Patch files on disk.</summary>
    public PatchFolders Folders => Get<PatchFolders>();

    /// <summary>Patchsets that are here.</summary>
    public PatchsetLibrary Patchsets => Get<PatchsetLibrary>();

    /// <summary>The patch source, which may be set at run time.</summary>
    public PatchSourceManager Source => Get<PatchSourceManager>();

    /// <summary>Patchsets that come onto feeds by themselves.</summary>
    public AutoUpdate AutoUpdate => Get<AutoUpdate>();

    /// <summary>Feeds.</summary>
    public FeedStore Feeds => Get<FeedStore>();

    /// <summary>What feeds offer.</summary>
    public Offers Offers => Get<Offers>();

    /// <summary>Patchsets on feeds.</summary>
    public Rollout Rollout => Get<Rollout>();

    /// <summary>Registration keys.</summary>
    public KeyStore Keys => Get<KeyStore>();

    /// <summary>Registered hosts.</summary>
    public ServerStore Servers => Get<ServerStore>();

    /// <summary>What agents ask for.</summary>
    public AgentService Agents => Get<AgentService>();

    /// <summary>Packages of the agent.</summary>
    public AgentPackageStore AgentPackages => Get<AgentPackageStore>();

    /// <summary>Local accounts.</summary>
    public UserStore Users => Get<UserStore>();

    /// <summary>Keys by which programs call the API.</summary>
    public ApiKeyStore ApiKeys => Get<ApiKeyStore>();

    /// <summary>The directory that people may log in by.</summary>
    public LdapStore Ldap => Get<LdapStore>();

    /// <summary>Logins that last.</summary>
    public SessionStore Sessions => Get<SessionStore>();

    /// <summary>Usage reports.</summary>
    public ReportSender Reports => Get<ReportSender>();

    /// <summary>Mail to people.</summary>
    public Sendmail Mail => Get<Sendmail>();

    /// <summary>An object of a feature.</summary>
    public T Get<T>()
        where T : class => _objects.GetRequiredService<T>();

    /// <summary>
    /// Gives everything that features have added to a web application, as the objects that are here. It does not
    /// dispose them.
    /// </summary>
    public void AddTo(IServiceCollection web)
    {
        foreach (var type in _services.Select(service => service.ServiceType).Distinct())
        {
            foreach (var made in _objects.GetServices(type))
                web.AddSingleton(type, made!);
        }
    }

    /// <summary>Opens the data folder and what is on it.</summary>
    /// <param name="settings">The settings in force.</param>
    /// <param name="time">The clock.</param>
    /// <param name="isNew">Whether a folder of which a part is missing, or is another installation's, is taken as it
    /// is.</param>
    /// <param name="change">Takes the place of objects of features; for tests.</param>
    /// <exception cref="StartException">The folder cannot be used as it is.</exception>
    /// <exception cref="StoreException">The database cannot be used.</exception>
    public static Portal Open(
        Settings settings,
        TimeProvider time,
        bool isNew = false,
        Action<IServiceCollection>? change = null
    ) => new(settings, DataFolder.Enter(settings, isNew), time, isNew, change);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _objects.DisposeAsync();
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

    /// <summary>Where patches are kept.</summary>
    public static string PatchesRootOf(Settings settings) => settings.PatchesDir ?? settings.DataDir;

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
