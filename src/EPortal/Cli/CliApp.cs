using System.CommandLine;
using System.CommandLine.Help;
using System.Runtime.InteropServices;
using EPortal.Data;
using EPortal.Format;

namespace EPortal.Cli;

/// <summary>Runs a command line: parses, helps, calls the command and turns what happens into an exit code.</summary>
internal static class CliApp
{
    /// <summary>Set to 1 it adds the stack trace to an unexpected failure of a command.</summary>
    public const string TraceVariable = "EPORTAL_TRACE";

    /// <summary>
    /// How long a command has to end after a signal: what it waits for may never come, such as a line of standard
    /// input.
    /// </summary>
    private static readonly TimeSpan s_toEnd = TimeSpan.FromSeconds(8);

    /// <summary>
    /// Runs in this process, where Ctrl-C and SIGTERM cancel; a second one ends it at once, and so do 8 seconds.
    /// </summary>
    public static async Task<int> RunProcessAsync(Func<CliContext, Command> root, IReadOnlyList<string> args)
    {
        using var stop = new CancellationTokenSource();
        var context = CliContext.ForProcess(stop.Token);
        using var deadline = new Timer(_ => End());
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        return await RunAsync(root(context), args, context);

        void Cancel(PosixSignalContext signal)
        {
            signal.Cancel = !stop.IsCancellationRequested;
            if (!signal.Cancel)
                return;
            // What was acknowledged is on disk, so nothing is lost by it.
            deadline.Change(s_toEnd, Timeout.InfiniteTimeSpan);
            stop.Cancel();
        }

        void End()
        {
            context.Note($"killed: not finished {s_toEnd.TotalSeconds} seconds after the signal");
            Environment.Exit(CliExit.Interrupted);
        }
    }

    /// <summary>Runs a command line in a given context. Commands hang below the root and know the context.</summary>
    public static async Task<int> RunAsync(Command root, IReadOnlyList<string> args, CliContext context)
    {
        try
        {
            var parsed = Parse(root, args, context);
            if (CliUsage.ProblemOrNull(parsed, args) is { } problem)
                return CliUsage.Refuse(parsed, problem, context);
            var configuration = new InvocationConfiguration
            {
                Output = context.Out,
                Error = context.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(configuration, context.Cancellation);
        }
        catch (OperationCanceledException) when (context.Cancellation.IsCancellationRequested)
        {
            context.Note("interrupted");
            return CliExit.Interrupted;
        }
        catch (Exception failure)
        {
            context.Note($"error: {Sentence(failure)}");
            if (context.Environment.GetValueOrDefault(TraceVariable) == "1")
                await context.Error.WriteLineAsync(CliText.SafeLines(failure.ToString()));
            return failure is CliUsageException ? CliExit.BadUsage : CliExit.Failure;
        }
    }

    /// <summary>A name that begins with @ is a name, not a file of further arguments.</summary>
    public static readonly ParserConfiguration Grammar = new() { ResponseFileTokenReplacer = null };

    /// <summary>Reads a command line of a program, which gets its <c>--help</c> and <c>--version</c>.</summary>
    public static ParseResult Parse(Command root, IReadOnlyList<string> args, CliContext context)
    {
        if (!root.Options.OfType<HelpOption>().Any())
        {
            root.Options.Insert(0, CliHelp.Option(context));
            root.Options.Insert(1, CliVersion.Option(context));
        }

        CliNoun.Settle(root, args);
        return root.Parse(args, Grammar);
    }

    private static string Sentence(Exception failure) =>
        failure switch
        {
            FileNotFoundException { FileName.Length: > 0 } missing => $"file not found: {missing.FileName}",
            CliException or UserFacingException or PatchsetException => failure.Message,
            IOException or UnauthorizedAccessException => failure.Message.TrimEnd('.'),
            _ =>
                $"internal error: {failure.GetType().Name}: {failure.Message} (set {TraceVariable}=1 for a stack trace)",
        };
}
