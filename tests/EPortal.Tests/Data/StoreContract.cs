namespace EPortal.Tests.Data;

/// <summary>
/// What every database must do, whichever it is. A suite is an abstract class with the name of what it tests
/// (<c>ChangeLogContract</c>); a database runs all of them with one line for each (<c>SqliteSuites</c>). SQL in them is
/// portable.
/// </summary>
public abstract class StoreContract(TestDatabase kind)
{
    /// <summary>The database that the suite runs on here.</summary>
    internal TestDatabase Kind => kind;

    /// <summary>An empty store.</summary>
    /// <param name="now">What its clock says; else noon on May 1st, 2026.</param>
    internal TestStore NewStore(DateTimeOffset? now = null) => new(kind, now);
}
