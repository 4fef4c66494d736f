using System.Collections;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Win32.SafeHandles;

namespace EPortal.Cli;

/// <summary>
/// What a command may touch of the world around it: streams, environment, the wish to stop.
/// Data goes to <see cref="Out"/>, everything else to <see cref="Error"/>.
/// </summary>
internal sealed class CliContext
{
    private const int DefaultWidth = 80;

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public required TextReader In { get; init; }

    /// <summary>Opens standard input for bytes; what <see cref="In"/> has read already is not in it.</summary>
    public Func<Stream> OpenInput { get; init; } = Console.OpenStandardInput;

    /// <summary>Opens standard output for bytes.</summary>
    public Func<Stream> OpenOutput { get; init; } = Console.OpenStandardOutput;

    public bool OutIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    public bool InIsTerminal { get; init; }

    /// <summary>Reads a line from the terminal without showing it.</summary>
    public Func<string> ReadHidden { get; init; } = () => throw new InvalidOperationException("no terminal");

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>User that the process began as.</summary>
    public string UserName { get; init; } = System.Environment.UserName;

    /// <summary>
    /// Number of the user who logged in to this machine, whoever they became since (proc(5), <c>loginuid</c>); null
    /// where nobody did.
    /// </summary>
    public uint? LoginId { get; init; }

    /// <summary>Cancelled by Ctrl-C and by SIGTERM.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>How many characters a line takes: COLUMNS, as shells know it, or 80.</summary>
    public int Width =>
        int.TryParse(
            Environment.GetValueOrDefault("COLUMNS"),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var columns
        ) && columns is > 20 and < 10_000
            ? columns
            : TerminalWidth;

    /// <summary>The width that the terminal reports.</summary>
    public int TerminalWidth { get; init; } = DefaultWidth;

    /// <summary>
    /// Lines as the terminal itself edits them. Console.In changes the terminal's mode when it begins to read, and what
    /// is pressed just before, such as Ctrl+D, is lost by that.
    /// </summary>
    private static StreamReader TerminalLines() =>
        new(new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0));

    /// <summary>The context of this process.</summary>
    public static CliContext ForProcess(CancellationToken cancellation)
    {
        var environment = System
            .Environment.GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);
        return new()
        {
            Out = Console.Out,
            Error = new CliErrorWriter(Console.Error, CliJournal.TakesErrors(environment)),
            In = Console.IsInputRedirected ? Console.In : TerminalLines(),
            OutIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            InIsTerminal = !Console.IsInputRedirected,
            TerminalWidth =
                Console.IsOutputRedirected || Console.WindowWidth <= 20 ? DefaultWidth : Console.WindowWidth,
            ReadHidden = CliPassword.ReadFromTerminal,
            Environment = environment,
            LoginId = ReadLoginId(),
            Cancellation = cancellation,
        };
    }

    /// <summary>The kernel keeps it from the login on; all ones for a process that none led to.</summary>
    private static uint? ReadLoginId()
    {
        try
        {
            return
                uint.TryParse(
                    File.ReadAllText("/proc/self/loginuid"),
                    NumberStyles.AllowTrailingWhite,
                    CultureInfo.InvariantCulture,
                    out var id
                )
                && id != uint.MaxValue
                ? id
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A kernel without auditing has no such file.
            return null;
        }
    }

    /// <summary>One line of data. What the text holds cannot steer the terminal.</summary>
    public void Line(string text) => Out.WriteLine(CliText.Safe(text));

    /// <summary>One line for the person in front of it.</summary>
    public void Note(string text) => Error.WriteLine(CliText.Safe(text));

    /// <summary>What came of a command: a sentence for people or, when asked for, data for programs.</summary>
    public void Result<T>(bool json, T value, JsonTypeInfo<T> type, string sentence)
    {
        if (json)
            Json(value, type);
        else
            Line(sentence);
    }

    /// <summary>Data for programs.</summary>
    public void Json<T>(T value, JsonTypeInfo<T> type) => Json(writer => JsonSerializer.Serialize(writer, value, type));

    /// <summary>Data for programs, as somebody writes it.</summary>
    public void Json(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
            write(writer);
        Out.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
    }
}
