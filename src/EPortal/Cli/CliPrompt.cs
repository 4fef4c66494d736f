namespace EPortal.Cli;

/// <summary>Questions to the person in front of the terminal.</summary>
internal static class CliPrompt
{
    /// <summary>Asks before something that cannot be undone, unless <c>--yes</c> was given.</summary>
    /// <exception cref="CliException">The answer is no, or there is nobody to ask.</exception>
    public static async Task ConfirmAsync(this CliContext context, string question, bool yes)
    {
        if (yes)
            return;
        if (!context.InIsTerminal)
            throw new CliException($"{question} There is no terminal to ask on; --yes answers.");
        await context.Error.WriteAsync($"{CliText.Safe(question)} [y/N] ");
        await context.Error.FlushAsync(context.Cancellation);
        var answer = await Task.Run(context.In.ReadLine).WaitAsync(context.Cancellation);
        if (answer?.Trim().ToUpperInvariant() is not ("Y" or "YES"))
            throw new CliException("not confirmed, so nothing was done.");
    }
}
