using System.CommandLine;
using EPortal.Cli;

namespace EPortal.Tests.Cli;

/// <summary>Runs a command line in this process, as a pipe or as a terminal would see it.</summary>
internal sealed class CliRunner(Func<CliContext, Command> root)
{
    /// <summary>Knows no settings file, so that this machine's own cannot disturb.</summary>
    public Dictionary<string, string> Environment { get; } =
        new(StringComparer.Ordinal) { ["EPORTAL_CONFIG"] = "/dev/null" };

    public bool IsTerminal { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public CancellationToken Cancellation { get; init; }

    public async Task<(int Exit, string Out, string Err)> RunAsync(string[] args, string stdin = "")
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var input = new StringReader(stdin);
        var context = new CliContext
        {
            Out = output,
            Error = error,
            In = input,
            OutIsTerminal = IsTerminal,
            ErrorIsTerminal = IsTerminal,
            InIsTerminal = IsTerminal,
            ReadHidden = () => input.ReadLine() ?? "",
            Environment = Environment,
            Time = Time,
            Cancellation = Cancellation,
        };
        var exit = await CliApp.RunAsync(root(context), args, context);
        return (exit, output.ToString(), error.ToString());
    }
}
