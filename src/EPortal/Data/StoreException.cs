namespace EPortal.Data;

/// <summary>Why the store could not do what it was asked.</summary>
internal enum StoreError
{
    /// <summary>No space left where the database lies.</summary>
    DiskFull,

    /// <summary>The database or its folder cannot be written.</summary>
    ReadOnly,

    /// <summary>Another process kept the database locked for too long.</summary>
    Busy,

    /// <summary>More changes wait than the store takes; try again later.</summary>
    Overloaded,

    /// <summary>An operation that this version does not understand.</summary>
    UnknownOperation,

    /// <summary>The database is damaged or not one of this program's.</summary>
    Unusable,
}

/// <summary>The store failed; the message is one sentence for people, and nothing was changed.</summary>
internal sealed class StoreException(StoreError error, string message, Exception? inner = null)
    : UserFacingException(message, inner)
{
    /// <summary>What kind of failure it is.</summary>
    public StoreError Error { get; } = error;

    /// <summary>Whether the disk is full or cannot be written, so that reading may go on.</summary>
    public bool IsOfDisk => Error is StoreError.DiskFull or StoreError.ReadOnly;
}
