using System.Text;

namespace EPortal.Cli;

/// <summary>Reads passwords so that they need not stand on the command line, where others see them.</summary>
internal static class CliPassword
{
    /// <summary>What Ctrl-D types.</summary>
    private const char EndOfText = '\u0004';

    /// <summary>
    /// The option's value; for <c>-</c> and without the option it is asked for, twice, where somebody can type; else
    /// <c>-</c> is a line of standard input.
    /// </summary>
    /// <exception cref="CliException">There is none, or the two differ.</exception>
    public static async Task<string> PasswordAsync(this CliContext context, string? option, string prompt = "Password")
    {
        if (option is not null and not "-")
        {
            // A script has its reasons, and nobody who reads it.
            if (context.InIsTerminal)
                context.Note("warning: other users can see a password on the command line; use -p - to enter it");
            return option;
        }

        if (option == "-" && !context.InIsTerminal)
        {
            return await Task.Run(context.In.ReadLine).WaitAsync(context.Cancellation)
                ?? throw new CliException("no password on standard input");
        }

        if (!context.InIsTerminal)
            throw new CliException("password required: use -p PASSWORD, or -p - to read it from standard input");
        var password = await AskAsync(context, prompt);
        return password == await AskAsync(context, $"{prompt} again")
            ? password
            : throw new CliException("passwords do not match");
    }

    /// <summary>A password that exists already: asked for once on a terminal, else a line of standard input.</summary>
    /// <exception cref="CliException">There is none.</exception>
    public static async Task<string> PasswordOnceAsync(this CliContext context, string prompt) =>
        context.InIsTerminal ? await AskAsync(context, prompt) : await context.PasswordAsync("-");

    /// <summary>Reads keys until Enter and shows none of them.</summary>
    /// <exception cref="CliException">Ctrl-D was typed instead.</exception>
    public static string ReadFromTerminal()
    {
        var text = new StringBuilder();
        for (
            var key = Console.ReadKey(intercept: true);
            key.Key != ConsoleKey.Enter;
            key = Console.ReadKey(intercept: true)
        )
        {
            if (key.KeyChar == EndOfText && text.Length == 0)
                throw new CliException("no password entered");
            if (key.Key == ConsoleKey.Backspace)
                text.Length = Math.Max(0, text.Length - 1);
            else if (!char.IsControl(key.KeyChar))
                text.Append(key.KeyChar);
        }

        return text.ToString();
    }

    private static async Task<string> AskAsync(CliContext context, string prompt)
    {
        await context.Error.WriteAsync($"{prompt}: ");
        await context.Error.FlushAsync(context.Cancellation);
        // A key press cannot be cancelled, so the wait for it is.
        var text = await Task.Run(context.ReadHidden).WaitAsync(context.Cancellation);
        await context.Error.WriteLineAsync();
        return text;
    }
}
