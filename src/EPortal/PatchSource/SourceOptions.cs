using System.Net;

namespace EPortal.PatchSource;

/// <summary>Where the patch source is, how it is reached, and how patient its client is.</summary>
internal sealed record SourceOptions
{
    /// <summary>Root of the repository.</summary>
    public required Uri Url { get; init; }

    /// <summary>Login (RFC 7617); none without it.</summary>
    public string? User { get; init; }

    /// <summary>Password of the login.</summary>
    public string? Password { get; init; }

    /// <summary>Through which to reach it; null for straight.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>Whether its TLS certificate is checked.</summary>
    public bool ChecksCertificate { get; init; } = true;

    /// <summary>Longest silence in an answer, and longest wait for its beginning.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes a second below which a download is given up.</summary>
    public int LowestRate { get; init; } = 4096;

    /// <summary>How often a call is made before it counts as failed; at least 2.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>Pause after the first failure; doubles with each.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause; a source that asks for a longer one counts as failed.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Downloads at a time.</summary>
    public int Parallel { get; init; } = 4;

    /// <summary>Looks up the addresses of a name.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;
}
