namespace Kcarectl.Cli;

/// <summary>Exit codes; docs/agent.md lists them.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary><c>--check</c>: nothing new. <c>--status</c>: nothing applied.</summary>
    public const int Nothing = 1;

    public const int BadUsage = 2;

    /// <summary><c>--status</c> only.</summary>
    public const int NewerAvailable = 2;

    public const int Unsupported = 3;

    /// <summary>A setting or a file of this host is missing, wrong or not accessible.</summary>
    public const int Local = 10;

    public const int NotRegistered = 11;

    public const int PortalUnreachable = 12;

    /// <summary>The portal refused, or its answer is invalid.</summary>
    public const int PortalRefused = 13;

    /// <summary>What was downloaded is not what a trusted key signed; the kernel was not touched.</summary>
    public const int NotTrusted = 14;

    /// <summary>The kernel refused; it is as it was before.</summary>
    public const int KernelRefused = 15;

    public const int AlreadyRunning = 16;

    /// <summary>Bad usage together with <c>--status</c>, where 2 has its own meaning.</summary>
    public const int BadUsageOfStatus = 64;

    public const int Interrupted = 130;
}
