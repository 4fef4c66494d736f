namespace EPortal.Cli;

/// <summary>An expected failure of a command: one sentence for people, exit code 1.</summary>
internal class CliException(string sentence) : Exception(sentence);

/// <summary>The command line asks for nothing that can be done; exit code 2.</summary>
internal sealed class CliUsageException(string message) : CliException(message);
