namespace Kcarectl;

/// <summary>The agent cannot go on; the message is one sentence for people.</summary>
internal sealed class AgentException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}
