using EPortal.Data;

namespace EPortal.PatchSource;

/// <summary>Why a patch source was not believed or could not be used.</summary>
internal enum SourceError
{
    /// <summary>No source is set.</summary>
    NotSet,

    /// <summary>It does not answer, or its connection breaks.</summary>
    Unreachable,

    /// <summary>It answers that something is wrong at its side, or that it is busy.</summary>
    Failing,

    /// <summary>It sends more slowly than is waited for.</summary>
    TooSlow,

    /// <summary>It refuses the login.</summary>
    Unauthorized,

    /// <summary>It has no such file.</summary>
    NotFound,

    /// <summary>It points somewhere else.</summary>
    Redirected,

    /// <summary>What it answers is not what was asked for: a web page, a compressed body, malformed JSON.</summary>
    BadAnswer,

    /// <summary>A file has another length than announced.</summary>
    WrongLength,

    /// <summary>A file has another hash than announced.</summary>
    WrongHash,

    /// <summary>What it sent could not be written here.</summary>
    DiskFailed,

    /// <summary>No signature, though keys are pinned.</summary>
    Unsigned,

    /// <summary>A signature that does not fit, or is of a key that is not pinned.</summary>
    WronglySigned,

    /// <summary>An index older than the last one seen: a rollback.</summary>
    Older,

    /// <summary>An index past its expiry: a freeze.</summary>
    Expired,

    /// <summary>Parts that do not belong together: an index of one version, a manifest of another.</summary>
    Mixed,

    /// <summary>A cache on the way answers with an old index, though a new one was asked for.</summary>
    Cached,

    /// <summary>An index whose version leaps so far that no later one could follow.</summary>
    FastForward,
}

/// <summary>A patch source was refused or failed. The message is one sentence; what is here is still served.</summary>
internal sealed class SourceException(SourceError code, string message, Exception? inner = null)
    : UserFacingException(message, inner)
{
    /// <summary>What kind of failure it is.</summary>
    public SourceError Code { get; } = code;

    /// <summary>How long the source asked to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether trying again can help.</summary>
    public bool IsTransient => Code is SourceError.Unreachable or SourceError.Failing;
}
