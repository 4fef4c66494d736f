using System.CommandLine;
using System.Text;

namespace EPortal.Cli;

/// <summary>One row of a help's columns.</summary>
internal sealed record CliHelpRow(string Section, int Indent, string Left, string Right)
{
    private const string Positional = "positional arguments";

    private const string Optional = "optional arguments";

    public static IReadOnlyList<CliHelpRow> Of(Command command)
    {
        var rows = command
            .Arguments.Where(argument => !argument.Hidden)
            .Select(argument => new CliHelpRow(Positional, 2, CliNames.Name(argument), argument.Description ?? ""))
            .ToList();
        if (command.Subcommands.Count > 0)
        {
            rows.Add(new CliHelpRow(Positional, 2, "command", ""));
            rows.AddRange(
                command
                    .Subcommands.Where(child => !child.Hidden)
                    .Select(child => new CliHelpRow(
                        Positional,
                        4,
                        child.Name,
                        (child.Description ?? "").Split("\n\n")[0]
                    ))
            );
        }

        rows.AddRange(
            CliNames
                .OptionsOf(command)
                .Select(option => new CliHelpRow(Optional, 2, CliNames.Long(option), option.Description ?? ""))
        );
        return rows;
    }

    /// <summary>
    /// Adds the row; the right side begins at the column, on a line of its own where the left is long.
    /// </summary>
    public void Append(StringBuilder text, int column, int width)
    {
        text.Append(' ', Indent).Append(Left);
        var used = Indent + Left.Length;
        if (Right.Length == 0)
        {
            text.Append('\n');
            return;
        }

        if (used > column - 2)
        {
            text.Append('\n');
            used = 0;
        }

        foreach (var line in CliHelp.Wrap(Right, Math.Max(width - column, 11)))
        {
            text.Append(' ', column - used).Append(line).Append('\n');
            used = 0;
        }
    }
}
