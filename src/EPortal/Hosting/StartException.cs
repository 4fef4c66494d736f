using EPortal.Cli;

namespace EPortal.Hosting;

/// <summary>The program cannot begin its work here; the message is one sentence that says what to do.</summary>
internal sealed class StartException(string sentence) : CliException(sentence);
