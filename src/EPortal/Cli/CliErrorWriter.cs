using System.Text;

namespace EPortal.Cli;

/// <summary>
/// Standard error. When it is closed, or its disk is full, there is nobody left to tell; what the command does must not
/// depend on that.
/// </summary>
/// <param name="inner">The stream.</param>
/// <param name="hasLevels">Whether the journal reads it: then lines that begin as errors or warnings have that
/// level.</param>
internal sealed class CliErrorWriter(TextWriter inner, bool hasLevels = false) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Try(() => inner.Write(value));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(() => inner.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(() => inner.WriteLine(LevelOf(value) + value));

    /// <inheritdoc/>
    public override void Flush() => Try(inner.Flush);

    private string LevelOf(string? line) =>
        !hasLevels ? ""
        : line?.StartsWith("error: ", StringComparison.Ordinal) == true ? CliJournal.Prefix(LogLevel.Error)
        : line?.StartsWith("warning: ", StringComparison.Ordinal) == true ? CliJournal.Prefix(LogLevel.Warning)
        : "";

    private static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // See above.
        }
    }
}
