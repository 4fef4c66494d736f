namespace EPortal.Format;

/// <summary>What is wrong with a patchset, a signature or a key.</summary>
public enum PatchsetErrorCode
{
    /// <summary>Not an archive of a known form, or damaged.</summary>
    BadArchive,

    /// <summary>A malformed name.</summary>
    BadName,

    /// <summary>A member that is not allowed, or has an unsupported type.</summary>
    BadMember,

    /// <summary>A bound of <see cref="PatchsetLimits"/> is passed.</summary>
    LimitExceeded,

    /// <summary>The manifest or a patch description is malformed.</summary>
    BadManifest,

    /// <summary>Members and manifest do not agree.</summary>
    ContentMismatch,

    /// <summary>No signature where one is needed.</summary>
    Unsigned,

    /// <summary>A signature that does not fit what it signs.</summary>
    BadSignature,

    /// <summary>A signature of a key that is not trusted.</summary>
    UntrustedKey,

    /// <summary>A key that cannot be read.</summary>
    BadKey,
}

/// <summary>A patchset, signature or key was refused. The message is one sentence: what is wrong, and where.</summary>
public sealed class PatchsetException(PatchsetErrorCode code, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>The kind of fault.</summary>
    public PatchsetErrorCode Code { get; } = code;
}
