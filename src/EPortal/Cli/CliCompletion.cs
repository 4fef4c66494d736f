using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;

namespace EPortal.Cli;

/// <summary>
/// <c>completion SHELL</c> prints a script for a shell; the script asks the hidden command <c>complete</c> at each key
/// press, so that it never differs from what the program knows.
/// </summary>
internal static class CliCompletion
{
    private static readonly string[] s_shells = ["bash", "zsh", "fish"];

    /// <summary>Adds both to a program.</summary>
    public static void AddTo(Command root, CliContext context)
    {
        root.Add(ScriptCommand(root.Name, context));
        root.Add(AnswerCommand(root, context));
    }

    /// <summary>
    /// What may stand where a line that is being typed ends, with what it is, in the order of the help; nothing where
    /// any text may.
    /// </summary>
    /// <param name="root">The program.</param>
    /// <param name="line">The line up to the cursor, the program's name first.</param>
    /// <param name="context">What the program's commands know.</param>
    public static IReadOnlyList<CompletionItem> Answers(Command root, string line, CliContext context)
    {
        var end = line.IndexOf(' ');
        if (end < 0)
            return [];
        var text = line[(end + 1)..];
        var words = CommandLineParser.SplitCommandLine(text).ToList();
        var word = text.Length == 0 || char.IsWhiteSpace(text[^1]) ? "" : words[^1];
        var whole = CliApp.Parse(root, word.Length == 0 ? words : words[..^1], context);
        if (CliUnknown.CommandOrNull(whole) is not null)
            return [];
        return
        [
            .. root.Parse(text, CliApp.Grammar)
                .GetCompletions(text.Length)
                .Where(item =>
                    item.Label.StartsWith(word, StringComparison.Ordinal)
                    && (word.StartsWith('-') || !item.Label.StartsWith('-'))
                ),
        ];
    }

    private static Command ScriptCommand(string program, CliContext context)
    {
        var shell = CliOptions.Required("shell", $"{string.Join(", ", s_shells)}");
        shell.HelpName = $"{{{string.Join(',', s_shells)}}}";
        shell.CompletionSources.Add(s_shells);
        shell.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !s_shells.Contains(token.Value)))
                result.AddError(
                    $"unknown shell '{token.Value}': use {string.Join(", ", s_shells[..^1])} or {s_shells[^1]}"
                );
        });
        var command = new Command(
            "completion",
            $"""
            print a shell completion script

            examples:
              {program} completion bash > /etc/bash_completion.d/{program}
              {program} completion zsh > /usr/local/share/zsh/site-functions/_{program}
              {program} completion fish > /etc/fish/completions/{program}.fish
            """
        )
        {
            shell,
        };
        command.SetAction(parsed => context.Out.Write(Script(program, parsed.GetValue(shell)!)));
        return command;
    }

    private static Command AnswerCommand(Command root, CliContext context)
    {
        var line = CliOptions.Required("line", "command line up to the cursor");
        var command = new Command(
            "complete",
            "print completions for a shell, one per line, with a description after a tab"
        )
        {
            line,
        };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            foreach (var item in Answers(root, parsed.GetValue(line)!, context))
                context.Out.WriteLine(
                    CliText.Safe(item.Label)
                        + (item.Detail?.Split('\n')[0] is { Length: > 0 } what ? $"\t{CliText.Safe(what)}" : "")
                );
        });
        return command;
    }

    private static string Script(string program, string shell)
    {
        using var resource = typeof(CliCompletion).Assembly.GetManifestResourceStream($"completion.{shell}")!;
        using var reader = new StreamReader(resource);
        return reader
            .ReadToEnd()
            .Replace("@PROGRAM@", program, StringComparison.Ordinal)
            .Replace("@NAME@", program.Replace('.', '_'), StringComparison.Ordinal);
    }
}
