using EPortal.Data;

namespace EPortal.Tests.Data;

/// <summary>
/// A kind of database for the suites: makes empty stores, and does what databases do in different ways. A second
/// database needs one class like this one's for SQLite and one line for each suite.
/// </summary>
public abstract class TestDatabase
{
    /// <summary>Makes room for one store and says where, in the database's own terms.</summary>
    internal abstract string NewPlace();

    /// <summary>Opens the store at a place as a portal does, and makes it at the first time.</summary>
    internal abstract Database Open(string place);

    /// <summary>Deletes a store that nobody has open.</summary>
    internal abstract void Remove(string place);

    /// <summary>Names of all tables.</summary>
    internal abstract IReadOnlyList<string> Tables(Session session);

    /// <summary>Marks the store as migrated by a version after this one.</summary>
    internal abstract void AddFutureMigration(Session session);

    /// <summary>References are checked at the end of the transaction that is open, and not before.</summary>
    internal abstract void DeferReferences(Session session);

    /// <summary>Lets a statement run with each row that is written.</summary>
    /// <param name="session">One that writes.</param>
    /// <param name="when">Such as <c>AFTER UPDATE ON server</c>.</param>
    /// <param name="statement">What to do; names the row <c>new</c> or <c>old</c>.</param>
    internal abstract void AddTrigger(Session session, string when, string statement);

    /// <summary>
    /// Lets this session alone run <paramref name="action"/> whenever it reads a table: its snapshot stands then, and
    /// it has no row yet.
    /// </summary>
    internal abstract void BeforeReading(Session session, string table, Action action);

    /// <summary>A change that goes well and lets the commit fail at its very end.</summary>
    internal Task<int> BreakCommit(ChangeLog log) =>
        log.Commit(
            Actor.Agent,
            change =>
            {
                DeferReferences(change.Session);
                return change.Session.Execute("INSERT INTO patchset_copy (patchset, available_at) VALUES ('none', 0)");
            }
        );
}
