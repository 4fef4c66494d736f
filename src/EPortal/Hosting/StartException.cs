using EPortal.Cli;

namespace EPortal.Hosting;

/// <summary>The program cannot begin its work here; the message is one sentence that says what to do.</summary>
internal class StartException(string sentence) : CliException(sentence);

/// <summary>It cannot begin because of what is in the data folder, or is not: no portal can serve from it.</summary>
internal sealed class DataFolderException(string sentence) : StartException(sentence);
