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

    /// <summary>Runs in this process, where Ctrl-C and SIGTERM cancel; a second one ends it at once.</summary>
    public static async Task<int> RunProcessAsync(Func<CliContext, Command> root, IReadOnlyList<string> args)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        var context = CliContext.ForProcess(stop.Token);
        return await RunAsync(root(context), args, context);

        void Cancel(PosixSignalContext signal)
        {
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }

    /// <summary>Runs a command line in a given context. Commands hang below the root and know the context.</summary>
    public static async Task<int> RunAsync(Command root, IReadOnlyList<string> args, CliContext context)
    {
        if (!root.Options.OfType<HelpOption>().Any())
            root.Options.Insert(0, CliHelp.Option(context));
        // A name that begins with @ is a name, not a file of further arguments.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        try
        {
            if (parsed.Action is not CliHelp && CliUsage.ProblemOrNull(parsed) is { } problem)
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
            return CliExit.Failure;
        }
    }

    private static string Sentence(Exception failure) => failure switch
    {
        FileNotFoundException { FileName.Length: > 0 } missing => $"there is no file {missing.FileName}.",
        CliException or SentenceException or PatchsetException
            or IOException or UnauthorizedAccessException => failure.Message,
        _ => $"an unexpected failure, {failure.GetType().Name}: {failure.Message} ({TraceVariable}=1 tells where)",
    };
}
