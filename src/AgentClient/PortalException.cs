namespace EPortal.AgentClient;

/// <summary>Why a call to a portal did not succeed.</summary>
public enum PortalError
{
    /// <summary>No connection, no answer in time, or an answer that broke off.</summary>
    Unreachable,

    /// <summary>429 or 503: the portal asks to come back later.</summary>
    Overloaded,

    /// <summary>Any other 5xx.</summary>
    ServerFault,

    /// <summary>401, or code 1 of a plain call: the portal knows no server of this id.</summary>
    UnknownServer,

    /// <summary>404: there is no such thing.</summary>
    NotFound,

    /// <summary>The portal refused; the message is its own.</summary>
    Refused,

    /// <summary>Registration, code 1: too many tries, come back later.</summary>
    Locked,

    /// <summary>Registration, code 2: no such key.</summary>
    InvalidKey,

    /// <summary>Registration, code 3: the server limit of the key is reached.</summary>
    ServerLimit,

    /// <summary>Registration, code 4: the key may not be used from this address.</summary>
    AddressNotAllowed,

    /// <summary>A redirect, which is never followed.</summary>
    Redirected,

    /// <summary>Not what the protocol says, or larger than an answer may be.</summary>
    BadAnswer,

    /// <summary>A file whose length is not the announced one.</summary>
    WrongLength,

    /// <summary>A file whose SHA-256 is not the announced one.</summary>
    WrongHash,

    /// <summary>A file that comes slower than the lowest rate allowed.</summary>
    TooSlow,
}

/// <summary>A call to a portal did not succeed. The message is one sentence for people.</summary>
public sealed class PortalException : Exception
{
    /// <summary>Makes one.</summary>
    public PortalException(PortalError code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    /// <summary>Why.</summary>
    public PortalError Code { get; }

    /// <summary>True where the same call may succeed later.</summary>
    public bool IsTransient => Code is PortalError.Unreachable or PortalError.Overloaded or PortalError.ServerFault;

    /// <summary>How long the portal asked to wait (RFC 9110, 10.2.3); null where it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>True where the portal may have carried the call out although it failed here.</summary>
    internal bool MayHaveHappened { get; init; }
}
