namespace EPortal.Cli;

/// <summary>Questions to the person in front of the terminal.</summary>
internal static class CliPrompt
{
    /// <summary>Asks before something that cannot be undone, unless <c>--yes</c> was given.</summary>
    /// <param name="context">Where it is asked.</param>
    /// <param name="question">What is asked.</param>
    /// <param name="yes">Whether the answer was given already.</param>
    /// <param name="unattended">Whether it is done without asking where there is no terminal to ask on, as scripts
    /// expect of it.</param>
    /// <exception cref="CliException">The answer is no, or there is nobody to ask.</exception>
    public static async Task ConfirmAsync(this CliContext context, string question, bool yes, bool unattended = false)
    {
        if (yes || (unattended && !context.InIsTerminal))
            return;
        if (!context.InIsTerminal)
            throw new CliException($"cannot ask for confirmation without a terminal, use --yes: {question}");
        // Where standard error goes to a file, the person at the terminal would not see what is waited for.
        var screen = context.ErrorIsTerminal || !context.OutIsTerminal ? context.Error : context.Out;
        await screen.WriteAsync($"{CliText.Safe(question)} [y/N] ");
        await screen.FlushAsync(context.Cancellation);
        var answer = await Task.Run(context.In.ReadLine).WaitAsync(context.Cancellation);
        if (answer?.Trim().ToUpperInvariant() is not ("Y" or "YES"))
            throw new CliException("not confirmed, nothing was done");
    }
}
