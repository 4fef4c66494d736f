using EPortal.Data;
using EPortal.Feeds;

namespace EPortal.Servers.Search;

/// <summary>
/// Servers to list. <c>%</c> in a host name or address stands for any text; no other character is special.
/// </summary>
internal sealed record ServerQuery
{
    /// <summary>Most rows of one answer.</summary>
    public const int MaxLimit = 10_000;

    /// <summary>More than so many are not handled one by one.</summary>
    public const int ManyFrom = 50_000;

    /// <summary>Host name or address, whichever it looks like, or a pattern of it.</summary>
    public string? Search { get; init; }

    /// <summary>Host name, or a pattern of it.</summary>
    public string? Hostname { get; init; }

    /// <summary>Address, or a pattern of it.</summary>
    public string? Ip { get; init; }

    /// <summary>Name of the key.</summary>
    public string? Key { get; init; }

    /// <summary>Name of the feed.</summary>
    public string? Feed { get; init; }

    /// <summary>Server id.</summary>
    public string? ServerId { get; init; }

    /// <summary>Entity id, the same on every node.</summary>
    public string? Id { get; init; }

    /// <summary>A tag as it was given, such as <c>env:test</c>.</summary>
    public string? Tag { get; init; }

    /// <summary>Whether they run the level that their feed offers, or one that is not; null for all.</summary>
    public bool? IsUpdated { get; init; }

    /// <summary>How they stand, as people see it; null for all.</summary>
    public ServerCondition? Condition { get; init; }

    /// <summary>Kernels and levels of which they run one; null for all.</summary>
    public IReadOnlySet<(string KernelId, long PatchLevel)>? Running { get; init; }

    /// <summary>What they have in common with others.</summary>
    public ProfileFilter Profile { get; init; } = ProfileFilter.None;

    /// <summary>How long they had been up at the last check-in.</summary>
    public UptimeRange? Uptime { get; init; }

    /// <summary>Their order; null for that of the index that finds them.</summary>
    public ServerOrder? Order { get; init; }

    /// <summary>Whether that order is wanted even where very many would have to be gone through for it.</summary>
    public bool OrderMatters { get; init; } = true;

    /// <summary>When they registered.</summary>
    public Period? Registered { get; init; }

    /// <summary>When they last checked in.</summary>
    public Period? Checkin { get; init; }

    /// <summary>When their level last changed.</summary>
    public Period? Updated { get; init; }

    /// <summary>How many are few enough to be found first and sorted then; only matters to speed.</summary>
    public int Few { get; init; } = ManyFrom;

    /// <summary>Rows at the most.</summary>
    public int Limit { get; init; } = 1000;

    /// <summary>Rows to pass over.</summary>
    public int Offset { get; init; }

    /// <summary>Runs it.</summary>
    /// <exception cref="RefusedException">The limit or offset is out of range.</exception>
    public IReadOnlyList<Server> Run(Session session, Offers offers, DateTimeOffset now)
    {
        if (Limit is < 1 or > MaxLimit || Offset < 0)
            throw new RefusedException(
                Refusal.Invalid,
                $"invalid page: use a limit of 1 to {MaxLimit} and an offset of 0 or more"
            );
        var table = offers.At(session);
        return ServerDetails.Read(
            session,
            new ServerSelection(session, this, table, now).Page(Limit, Offset),
            table,
            now
        );
    }

    /// <summary>How many servers it matches, whatever its limit and offset.</summary>
    public long Count(Session session, Offers offers, DateTimeOffset now) =>
        new ServerSelection(session, this, offers.At(session), now).Count();
}

/// <summary>A time before now.</summary>
/// <param name="Ago">How long ago.</param>
/// <param name="Within">Whether it must be no longer ago than that; else longer.</param>
internal sealed record Period(TimeSpan Ago, bool Within)
{
    /// <summary>The condition on a column of Unix microseconds.</summary>
    public string Sql(string column, string parameter) =>
        Within ? $"{column} >= {parameter}" : $"{column} < {parameter}";

    /// <summary>The time meant, in Unix microseconds.</summary>
    public long Before(DateTimeOffset now) => UnixMicros.Of(now - Ago);
}
