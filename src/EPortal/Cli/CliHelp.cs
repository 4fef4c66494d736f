using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text;

namespace EPortal.Cli;

/// <summary>
/// The help of a command: usage, description, positional and optional arguments in aligned columns. Paragraphs
/// of a command's description after the first come last and as they are written; they are for examples.
/// </summary>
internal sealed class CliHelp(CliContext context) : SynchronousCommandLineAction
{
    /// <summary>Help begins at this column at the latest.</summary>
    private const int MaxHelpColumn = 24;

    public override bool ClearsParseErrors => true;

    public static Option Option(CliContext context) =>
        new HelpOption("--help", "-h")
        {
            Description = "show this help message and exit",
            Action = new CliHelp(context),
        };

    public override int Invoke(ParseResult parseResult)
    {
        context.Out.Write(Text(parseResult.CommandResult.Command, context.Width));
        return CliExit.Success;
    }

    /// <summary>The whole help, ended by a line break.</summary>
    public static string Text(Command command, int width)
    {
        var paragraphs = (command.Description ?? "").Split("\n\n");
        var rows = CliHelpRow.Of(command);
        var column = Math.Min(rows.Max(row => row.Indent + row.Left.Length) + 2, MaxHelpColumn);
        var text = new StringBuilder(Usage(command, width)).Append('\n');
        if (paragraphs[0].Length > 0)
            text.Append('\n').AppendJoin('\n', Wrap(paragraphs[0], width - 2)).Append('\n');
        foreach (var section in rows.GroupBy(row => row.Section))
        {
            text.Append('\n').Append(section.Key).Append(":\n");
            foreach (var row in section)
                row.Append(text, column, width - 2);
        }

        foreach (var paragraph in paragraphs[1..])
            text.Append('\n').Append(paragraph).Append('\n');
        return text.ToString();
    }

    /// <summary>
    /// The usage, wrapped under its first option; positional arguments begin a line of their own then.
    /// </summary>
    public static string Usage(Command command, int width)
    {
        var start = $"usage: {CliNames.Path(command)}";
        var options = CliNames.OptionsOf(command).Select(CliNames.Usage).ToArray();
        var arguments = command.Arguments.Where(argument => !argument.Hidden).Select(CliNames.Usage).ToList();
        if (command.Subcommands.Count > 0 && command is not CliNoun)
            arguments.Add("command ...");
        // Both ways to call a noun: with a flag, and with a verb.
        var verbs = command is CliNoun noun
            ? $"\n       {CliNames.Path(command)} {{{string.Join(',', noun.Verbs)}}} ..."
            : "";
        var line = string.Join(' ', [start, .. options, .. arguments]);
        if (line.Length <= width - 2)
            return line + verbs;
        var indent = new string(' ', start.Length + 1);
        return string.Join(
                    '\n',
                    [.. Fill([start, .. options], indent), .. Fill([indent.TrimEnd(), .. arguments], indent)]
                )
                .TrimEnd() + verbs;

        IEnumerable<string> Fill(IReadOnlyList<string> parts, string indent)
        {
            var current = parts[0].Length == 0 ? indent[..^1] : parts[0];
            var isEmpty = true;
            foreach (var part in parts.Skip(1))
            {
                if (!isEmpty && current.Length + 1 + part.Length > width - 2)
                {
                    yield return current;
                    current = indent[..^1];
                }

                current += " " + part;
                isEmpty = false;
            }

            yield return isEmpty && parts[0].Length == 0 ? "" : current;
        }
    }

    /// <summary>Breaks a text between words.</summary>
    public static IEnumerable<string> Wrap(string text, int width)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        yield return line.ToString();
    }
}
