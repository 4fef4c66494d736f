using EPortal.Data;

namespace EPortal.Servers.Search;

/// <summary>
/// Makes the rows for lists that <see cref="SearchProjection"/> put off. For the writer's thread, but where it says
/// otherwise.
/// </summary>
internal sealed class SearchBacklog : BatchedWrites
{
    /// <summary>Of the writer's time in a storm, one part in so many.</summary>
    private const int Share = 16;

    private const int RowsUnderLoad = 32;
    private const int RowsWhenIdle = 500;

    private readonly ChangeLog _log;
    private readonly TimeShare _share;
    private long _count;

    /// <summary>Joins the commits of a change log.</summary>
    public SearchBacklog(ChangeLog log)
    {
        (_log, _share) = (log, new TimeShare(Share, log.Time));
        log.Join(this);
    }

    /// <summary>Servers that are registered and not in lists, by the last look; from any thread.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <inheritdoc/>
    internal override int Waiting => 0;

    /// <inheritdoc/>
    internal override bool HasMaintenance => _log.HasDeferred;

    /// <inheritdoc/>
    internal override void Write(Change change)
    {
        if (change.IsUnderLoad)
            _share.Run(() => AddRows(change.Session, RowsUnderLoad));
        else
            AddRows(change.Session, RowsWhenIdle);
    }

    /// <inheritdoc/>
    internal override void Acknowledge() { }

    /// <inheritdoc/>
    internal override void Fail(Exception failure) => _log.HasDeferred = true;

    private void AddRows(Session session, int most)
    {
        SearchProjection.AddMissing(session, most);
        Volatile.Write(ref _count, SearchProjection.CountMissing(session));
        // Before the changes of this commit, which may put off more.
        _log.HasDeferred = Count > 0;
    }
}
