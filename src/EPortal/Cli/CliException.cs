namespace EPortal.Cli;

/// <summary>An expected failure of a command: one sentence for people, exit code 1.</summary>
internal class CliException(string sentence) : Exception(sentence);
