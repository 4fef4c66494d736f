using EPortal.Cli;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace EPortal.Hosting.Service;

/// <summary>
/// Where and how the server logs: all on standard error, as text or JSON, each line with its level in front where the
/// journal reads it.
/// </summary>
/// <param name="Format">How lines are written.</param>
/// <param name="HasLevels">Whether the journal reads them.</param>
internal sealed record PortalLog(LogFormat Format, bool HasLevels)
{
    private const string Warning = "warning: ";

    /// <summary>Text, nobody reads levels.</summary>
    public static PortalLog Plain { get; } = new(LogFormat.Text, false);

    /// <summary>As settings and environment say.</summary>
    public static PortalLog Of(Settings settings, IReadOnlyDictionary<string, string> environment) =>
        new(settings.LogFormat, CliJournal.TakesErrors(environment));

    /// <summary>Has the web application log so.</summary>
    public void AddTo(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        if (Format == LogFormat.Json)
        {
            logging.AddConsole(console => console.FormatterName = JsonFormatter.FormatterName);
            logging.AddConsoleFormatter<JsonFormatter, ConsoleFormatterOptions>();
            logging.Services.AddSingleton(this);
        }
        else if (HasLevels)
            logging.AddSystemdConsole();
        else
            logging.AddSimpleConsole(console => console.SingleLine = true);
        logging.Services.Configure<ConsoleLoggerOptions>(console =>
            console.LogToStandardErrorThreshold = LogLevel.Trace
        );
    }

    /// <summary>
    /// A line of the command itself, before or beside the web application: <paramref name="text"/> is a warning where
    /// it begins with that word.
    /// </summary>
    public void Note(CliContext context, string text)
    {
        if (Format == LogFormat.Text)
        {
            context.Note(text);
            return;
        }

        var isWarning = text.StartsWith(Warning, StringComparison.Ordinal);
        var level = isWarning ? LogLevel.Warning : LogLevel.Information;
        var message = isWarning ? text[Warning.Length..] : text;
        context.Note(
            (HasLevels ? CliJournal.Prefix(level) : "")
                + LogLine.Json(context.Time.GetUtcNow(), level, "eportal", message, null)
        );
    }

    private sealed class JsonFormatter(PortalLog log, TimeProvider time) : ConsoleFormatter(FormatterName)
    {
        public const string FormatterName = "eportal-json";

        public override void Write<TState>(
            in LogEntry<TState> logEntry,
            IExternalScopeProvider? scopeProvider,
            TextWriter textWriter
        )
        {
            if (log.HasLevels)
                textWriter.Write(CliJournal.Prefix(logEntry.LogLevel));
            textWriter.Write(
                LogLine.Json(
                    time.GetUtcNow(),
                    logEntry.LogLevel,
                    logEntry.Category,
                    logEntry.Formatter(logEntry.State, logEntry.Exception),
                    logEntry.Exception?.ToString()
                )
            );
            textWriter.Write('\n');
        }
    }
}
