namespace EPortal.Data;

/// <summary>Why a store took a new origin.</summary>
internal enum NewOrigin
{
    /// <summary>It was restored from a backup.</summary>
    Restored,

    /// <summary>The database is older than what the high-water file has seen, or another one.</summary>
    Replaced,

    /// <summary>The data folder was copied, from another machine or on this one.</summary>
    Cloned,
}
