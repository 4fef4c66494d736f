using EPortal.Patchsets;

namespace EPortal.Agents.Packages;

/// <summary>What the repositories hold at one moment.</summary>
/// <param name="Stamp">Of the packages it was made from.</param>
/// <param name="MadeAt">When.</param>
/// <param name="Deb">Files of the APT repository by path.</param>
/// <param name="Rpm">Files of the RPM repository by path.</param>
/// <param name="DebArchitectures">What there are Debian packages for.</param>
/// <param name="RpmArchitectures">What there are RPM packages for.</param>
/// <param name="IsWhole">Whether every package is in it.</param>
internal sealed record AgentRepositoryState(
    string Stamp,
    DateTimeOffset MadeAt,
    IReadOnlyDictionary<string, RepositoryFile> Deb,
    IReadOnlyDictionary<string, RepositoryFile> Rpm,
    IReadOnlyList<string> DebArchitectures,
    IReadOnlyList<string> RpmArchitectures,
    bool IsWhole
);

/// <summary>
/// The repositories of the agent's packages, for APT and for RPM. Metadata is in memory; it is made again, and signed,
/// when packages came or went, and daily, because APT refuses it after ten days. What the metadata of the last hour
/// pointed to stays, for those who are between two requests.
/// </summary>
internal sealed partial class AgentRepository(
    AgentPackageStore store,
    TimeProvider time,
    ILogger<AgentRepository> logger
)
{
    private static readonly TimeSpan s_fresh = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_again = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_valid = TimeSpan.FromDays(10);
    private static readonly TimeSpan s_kept = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly List<AgentRepositoryState> _earlier = [];
    private RepositoryKey? _key;
    private AgentRepositoryState? _state;

    /// <summary>The public key that signs it, as text.</summary>
    /// <exception cref="UnavailableException">It cannot be read or made.</exception>
    public string PublicKey
    {
        get
        {
            lock (_lock)
                return Try(Key).PublicText;
        }
    }

    /// <summary>Whether there is a package at all.</summary>
    public bool HasPackages => store.Stamp().Length > 0;

    /// <summary>What it holds now.</summary>
    /// <exception cref="UnavailableException">It cannot be made now.</exception>
    public AgentRepositoryState Current()
    {
        lock (_lock)
        {
            var stamp = Try(store.Stamp);
            var now = time.GetUtcNow();
            if (_state is { } state && state.Stamp == stamp && IsFresh(state, now))
                return state;
            var made = Try(() => Make(stamp, now));
            if (_state is not null)
                _earlier.Add(_state);
            return _state = made;
        }
    }

    /// <summary>A file of the APT repository; null where there is none.</summary>
    public RepositoryFile? DebOrNull(string path) =>
        Find(state => state.Deb, path, path.Contains(AptRepository.ByHash, StringComparison.Ordinal));

    /// <summary>A file of the RPM repository; null where there is none.</summary>
    public RepositoryFile? RpmOrNull(string path) =>
        Find(state => state.Rpm, path, path.EndsWith(".xml.gz", StringComparison.Ordinal));

    /// <summary>Has the copy made again that was found damaged; others cannot be.</summary>
    public void Renew(RepositoryFile damaged)
    {
        if (damaged.Disk is { } path && Path.GetDirectoryName(path) == store.Places.Signed)
            File.Delete(path);
    }

    private RepositoryFile? Find(
        Func<AgentRepositoryState, IReadOnlyDictionary<string, RepositoryFile>> files,
        string path,
        bool namesContent
    )
    {
        if (files(Current()).GetValueOrDefault(path) is { } now)
            return now;
        lock (_lock)
            return namesContent
                ? _earlier
                    .Select(state => files(state).GetValueOrDefault(path))
                    .FirstOrDefault(file => file is not null)
                : null;
    }

    /// <summary>Copies can be deleted at any time, and what did not fit may fit now.</summary>
    private static bool IsFresh(AgentRepositoryState state, DateTimeOffset now) =>
        (now - state.MadeAt).Duration() < (state.IsWhole ? s_fresh : s_again)
        && state.Rpm.Values.All(file => file.Disk is null || File.Exists(file.Disk));

    private RepositoryKey Key() => _key ??= RepositoryKey.Open(store.Places.KeyFile, time);

    private AgentRepositoryState Make(string stamp, DateTimeOffset now)
    {
        _earlier.RemoveAll(state => (now - state.MadeAt).Duration() > s_fresh + s_kept);
        var list = store.List();
        foreach (var damaged in list.Damaged)
            LogDamaged(damaged);
        var packages = list.Packages.Select(package => package.File).ToList();
        var key = Key();
        var isWhole = true;
        var signed = SignedPackages.Of(
            packages,
            store.Places.Signed,
            key,
            reason =>
            {
                isWhole = false;
                LogDamaged(reason);
            }
        );
        return new AgentRepositoryState(
            stamp,
            now,
            AptRepository.Build(packages, key, now, now + s_valid),
            RpmRepository.Build(signed, key, now),
            Architectures(packages, rpm: false),
            Architectures(packages, rpm: true),
            isWhole
        );
    }

    private static List<string> Architectures(IEnumerable<AgentPackageFile> packages, bool rpm) =>
        [
            .. packages
                .Where(package => package.Rpm is not null == rpm)
                .Select(package => package.Architecture)
                .Distinct(),
        ];

    private T Try<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogFailed(e.Message);
            throw new UnavailableException("the repository of agent packages cannot be made, see the server log", e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Agent package left out: {Reason}")]
    private partial void LogDamaged(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The repository of agent packages cannot be made: {Reason}")]
    private partial void LogFailed(string reason);
}
