namespace EPortal.AgentClient.Wire;

/// <summary>
/// What an agent tells about its host: body of <c>POST /admin/api/kcare/checkin</c>, and, in base16 or
/// base64url, the query string of <c>latest.v1</c> and <c>latest.v2</c>. Every field may be absent; text is
/// UTF-8 of any content, so a reader has to bound and encode it.
/// </summary>
public sealed record CheckInRequest
{
    /// <summary>The id that registration gave: 16 letters and digits; empty where Basic credentials carry it.</summary>
    public string ServerId { get; set; } = "";

    /// <summary>The host's name as the kernel reports it.</summary>
    public string Hostname { get; set; } = "";

    /// <summary>40 lower-case hex digits: SHA-1 of the bytes of <c>/proc/version</c>.</summary>
    public string KernelId { get; set; } = "";

    /// <summary>Release of the running kernel, as <c>uname -r</c> prints it.</summary>
    public string Release { get; set; } = "";

    /// <summary>
    /// Effective kernel: the release this host is as safe as; that of the kernel where no patch is applied.
    /// </summary>
    public string Euname { get; set; } = "";

    /// <summary>Level that is applied now; 0 = none.</summary>
    public int PatchLevel { get; init; }

    /// <summary>Kind of the applied patch; empty for the ordinary one.</summary>
    public string PatchType { get; set; } = "";

    /// <summary>Seconds since the kernel started.</summary>
    public long Uptime { get; init; }

    /// <summary>Build of the running kernel, as <c>uname -v</c> prints it.</summary>
    public string Version { get; set; } = "";

    /// <summary>Kind of virtual machine or container; <c>none</c> for bare metal.</summary>
    public string Virt { get; set; } = "";

    /// <summary>Version of the agent itself.</summary>
    public string KcareVersion { get; set; } = "";

    /// <summary><c>ID</c> of <c>/etc/os-release</c>.</summary>
    public string Distro { get; set; } = "";

    /// <summary><c>VERSION_ID</c> of <c>/etc/os-release</c>.</summary>
    public string DistroVersion { get; set; } = "";

    /// <summary>Hardware name, as <c>uname -m</c> prints it.</summary>
    public string Machine { get; set; } = "";

    /// <summary>Processor's name.</summary>
    public string Processor { get; set; } = "";

    /// <summary>Tags, separated by <c>;</c>. Null: not stated, the portal keeps what it has. Empty: none.</summary>
    public string? Tags { get; init; }

    /// <summary>Name of the patchset this host wants to stay on; null = the newest its feed offers.</summary>
    public string? StickyPatchset { get; init; }

    /// <summary>Least age in seconds that a patchset must have for this host; null = what its feed says.</summary>
    public long? UpdateDelay { get; init; }

    /// <summary>How the last attempt to change the level went; null = none was made.</summary>
    public LastUpdate? LastUpdate { get; init; }
}
