using System.Data.Common;

namespace EPortal.Data;

/// <summary>
/// Small writes of one kind that come in great number: what waits when a commit begins is written by one call, before
/// the changes of that commit. It may be no change of a replicated entity.
/// </summary>
internal abstract class BatchedWrites
{
    /// <summary>How many wait. Any thread may ask.</summary>
    internal abstract int Waiting { get; }

    /// <summary>Whether there is maintenance to do when nothing waits. Any thread may ask.</summary>
    internal abstract bool HasMaintenance { get; }

    /// <summary>Writes what waits, and some of the maintenance. A failure fails the whole commit.</summary>
    /// <exception cref="DbException">The database failed.</exception>
    internal abstract void Write(Change change);

    /// <summary>Tells those whose writes are on disk now.</summary>
    internal abstract void Acknowledge();

    /// <summary>Tells those whose writes were lost with the commit.</summary>
    internal abstract void Fail(Exception failure);
}
