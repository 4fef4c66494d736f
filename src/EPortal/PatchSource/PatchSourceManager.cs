using EPortal.Data;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>
/// Holds the patch source in force. It is set at run time, by this process or another, else by the settings at the
/// start; what cannot be read changes nothing. Another source takes over at the next use, and what goes on with the one
/// before ends well.
/// </summary>
internal sealed class PatchSourceManager : IDisposable
{
    private const string Section = "patch_source";

    private readonly RuntimeSettings _runtime;
    private readonly SourceSetting _initial;
    private readonly Func<SourceSetting, PatchSourceConnection> _open;
    private readonly ChangeLog _log;
    private readonly Lock _gate = new();
    private readonly List<WeakReference<PatchSourceConnection>> _former = [];
    private bool _isRead;
    private string? _text;
    private SourceState _state = new(SourceSetting.Off, IsSetHere: false, Problem: null);
    private PatchSourceConnection? _connection;

    /// <summary>Creates it; nothing is opened before it is used.</summary>
    /// <param name="runtime">Where it is set at run time.</param>
    /// <param name="initial">What holds where nothing is set there.</param>
    /// <param name="open">Opens a source; its address is set.</param>
    /// <param name="log">Changes to it.</param>
    /// <param name="cacheMode">Whether patch files are fetched when agents ask for them.</param>
    public PatchSourceManager(
        RuntimeSettings runtime,
        SourceSetting initial,
        Func<SourceSetting, PatchSourceConnection> open,
        ChangeLog log,
        bool cacheMode
    )
    {
        (_runtime, _initial, _open, _log, CacheMode) = (runtime, initial, open, log, cacheMode);
        Upstream = new ManagedUpstream(this);
    }

    /// <summary>Where features get what is not here, whatever source is set at that moment.</summary>
    public Upstream Upstream { get; }

    /// <summary>Whether patch files are fetched when agents ask for them, whatever the source.</summary>
    public bool CacheMode { get; }

    /// <summary>What is in force.</summary>
    public SourceState State
    {
        get
        {
            lock (_gate)
            {
                Refresh();
                return _state;
            }
        }
    }

    /// <summary>Root of the source; null while none is set.</summary>
    public Uri? Url => State.Setting.Url;

    /// <summary>The source, open until the result is disposed.</summary>
    public SourceLease Take()
    {
        lock (_gate)
        {
            Refresh();
            return new SourceLease(_connection, _connection?.UseOrNull());
        }
    }

    /// <summary>The fields of what is in force.</summary>
    public StoredFields Stored()
    {
        // In this order: who saves between the two has a form refused, and never one taken.
        var saving = SavingOrNone();
        return State.Setting.Stored(saving);
    }

    /// <summary>Sets the source from now on, in place of what the settings say; null for these.</summary>
    /// <param name="actor">Who does it.</param>
    /// <param name="setting">The source.</param>
    /// <param name="seen">Version of what is in force on which that was decided; null where that does not
    /// matter.</param>
    /// <exception cref="RefusedException">Another was set by now.</exception>
    public async Task<SourceState> Save(Actor actor, SourceSetting? setting, string? seen = null)
    {
        await _log.Commit(
            actor,
            change =>
            {
                var before = StoredIn(change);
                before.RefuseUnless(seen);
                change.Note(
                    "source.change",
                    setting is null ? "as in the settings" : setting.ToString(),
                    before.ChangesTo((setting ?? _initial).Stored(""))
                );
                RuntimeSettings.Set(change, Section, setting?.ToJson());
                return true;
            }
        );
        _runtime.WriteCopy();
        return State;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _connection?.Dispose();
            foreach (var former in _former)
            {
                if (former.TryGetTarget(out var connection))
                    connection.Dispose();
            }

            _connection = null;
            _isRead = true;
        }
    }

    /// <summary>The fields as the change sees them; what cannot be read counts as what is in force.</summary>
    private StoredFields StoredIn(Change change)
    {
        var (section, saving) = RuntimeSettings.Read(change, Section);
        try
        {
            return (section is null ? _initial : SourceSetting.Read(section)).Stored(saving);
        }
        catch (RefusedException)
        {
            return State.Setting.Stored(saving);
        }
    }

    /// <summary>What cannot be read is to be replaced all the same.</summary>
    private string SavingOrNone()
    {
        try
        {
            return _runtime.SavingOf(Section);
        }
        catch (StoreException)
        {
            return "";
        }
    }

    /// <summary>Under the lock.</summary>
    private void Refresh()
    {
        try
        {
            var section = _runtime.SectionOrNull(Section);
            var text = section?.ToJsonString();
            if (!_isRead || text != _text)
                Put(section is null ? _initial : SourceSetting.Read(section), isSetHere: section is not null);
            _state = _state with { Problem = null };
            (_isRead, _text) = (true, text);
        }
        catch (UserFacingException e)
        {
            _state = _state with { Problem = e.Message };
        }
    }

    private void Put(SourceSetting setting, bool isSetHere)
    {
        var connection = setting.Url is null ? null : _open(setting);
        if (_connection is { } former)
        {
            former.Retire();
            _former.RemoveAll(one => !one.TryGetTarget(out _));
            _former.Add(new WeakReference<PatchSourceConnection>(former));
        }

        (_connection, _state) = (connection, new SourceState(setting, isSetHere, Problem: null));
    }

    /// <summary>The source that is set when somebody asks.</summary>
    private sealed class ManagedUpstream(PatchSourceManager slot) : Upstream
    {
        public override async Task Fetch(
            Actor actor,
            Format.Product product,
            IReadOnlyList<string> names,
            CancellationToken cancel
        )
        {
            using var source = slot.Take();
            await source.Upstream.Fetch(actor, product, names, cancel);
        }

        public override IReadOnlySet<string> Wanted(Session session, Format.Product product)
        {
            using var source = slot.Take();
            return source.Upstream.Wanted(session, product);
        }

        public override async Task<Stream> Open(PatchFileLocation file, CancellationToken cancel)
        {
            using var source = slot.Take();
            return await source.Upstream.Open(file, cancel);
        }
    }
}

/// <summary>The patch source in force.</summary>
/// <param name="Setting">What it is.</param>
/// <param name="IsSetHere">Whether it was set at run time; else by the settings at the start.</param>
/// <param name="Problem">Why what is set now could not be taken, and what was set before still holds; else
/// null.</param>
internal sealed record SourceState(SourceSetting Setting, bool IsSetHere, string? Problem);

/// <summary>The patch source for as long as somebody needs it.</summary>
internal sealed class SourceLease(PatchSourceConnection? connection, IDisposable? use) : IDisposable
{
    /// <summary>The source; null while none is set.</summary>
    public PatchSourceConnection? Connection => connection;

    /// <summary>Getting single things from it, or the refusal to.</summary>
    public Upstream Upstream => connection?.Upstream ?? Upstream.None;

    /// <inheritdoc/>
    public void Dispose() => use?.Dispose();
}
