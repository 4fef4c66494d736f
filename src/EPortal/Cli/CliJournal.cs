using System.Globalization;

namespace EPortal.Cli;

/// <summary>
/// Whether standard error goes to systemd's journal, which takes a line's level from its beginning (sd-daemon(3)).
/// </summary>
internal static class CliJournal
{
    private const string StreamVariable = "JOURNAL_STREAM";

    /// <summary>
    /// Whether it does: the variable names the stream by device and number, for a child may have it and another stream.
    /// </summary>
    public static bool TakesErrors(IReadOnlyDictionary<string, string> environment) =>
        environment.GetValueOrDefault(StreamVariable)?.Split(':') is [var device, var number]
        && FileIdentity.OfDescriptorOrNull(2) is { } stream
        && stream == (Number(device), Number(number));

    /// <summary>What a line of that level begins with.</summary>
    public static string Prefix(LogLevel level) =>
        level switch
        {
            LogLevel.Critical => "<2>",
            LogLevel.Error => "<3>",
            LogLevel.Warning => "<4>",
            LogLevel.Information => "<6>",
            _ => "<7>",
        };

    private static ulong Number(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
