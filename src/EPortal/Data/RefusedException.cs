namespace EPortal.Data;

/// <summary>Why a rule refused what was asked.</summary>
internal enum Refusal
{
    /// <summary>A value is not of its form.</summary>
    Invalid,

    /// <summary>No such thing here.</summary>
    NotFound,

    /// <summary>There is one of that name already.</summary>
    Exists,

    /// <summary>The state of things does not allow it.</summary>
    Conflict,

    /// <summary>A limit would be passed.</summary>
    LimitReached,

    /// <summary>Not allowed to the one who asks.</summary>
    Forbidden,

    /// <summary>What was sent is of a type that is not understood.</summary>
    UnsupportedType,

    /// <summary>Asked for too often; it may work later.</summary>
    TooMany,
}

/// <summary>A rule refused; nothing was changed. The message is one sentence that may be shown to anybody.</summary>
internal sealed class RefusedException(Refusal reason, string message) : UserFacingException(message)
{
    /// <summary>The kind of refusal; faces map it to an exit code or a status.</summary>
    public Refusal Reason { get; } = reason;

    /// <summary>After what time it may work; null where time changes nothing.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
