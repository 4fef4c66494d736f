using System.Data.Common;

namespace EPortal.Data;

/// <summary>
/// Small writes of one kind that come in great number: what waits when a commit begins is written by one call, before the
/// changes of that commit. It may be no change of a replicated entity.
/// </summary>
internal abstract class BatchedWrites
{
    /// <summary>Whether anything waits, or there is maintenance to do.</summary>
    internal abstract BatchedWork Work { get; }

    /// <summary>Takes what waits and writes it; <paramref name="others"/> changes, or kinds of shared writes, come with it. A failure fails the whole commit.</summary>
    /// <exception cref="DbException">The database failed.</exception>
    internal abstract void Write(Change change, int others);

    /// <summary>Tells those whose writes are on disk now.</summary>
    internal abstract void Acknowledge();

    /// <summary>Tells those whose writes were lost with the commit.</summary>
    internal abstract void Fail(Exception failure);
}

/// <summary>What there is to do for shared writes.</summary>
internal enum BatchedWork
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Maintenance, when nothing else waits.</summary>
    Idle,

    /// <summary>Somebody waits.</summary>
    Waiting,
}
