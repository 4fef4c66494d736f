namespace EPortal.Cli;

/// <summary>How a command ends.</summary>
internal static class CliExit
{
    public const int Success = 0;

    public const int Failure = 1;

    public const int BadUsage = 2;

    /// <summary>Ended by Ctrl-C, as shells count it (128 + SIGINT).</summary>
    public const int Interrupted = 130;
}
