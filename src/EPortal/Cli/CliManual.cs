using System.CommandLine;
using System.Text;

namespace EPortal.Cli;

/// <summary>
/// The hidden command <c>man</c> prints the program's manual page (groff_man(7)), made from the help of all its
/// commands, so that it never differs from them. Packages install what it prints.
/// </summary>
internal static class CliManual
{
    /// <summary>Characters of a line of help in the page; a terminal of 80 shows them behind the indentation.</summary>
    private const int Width = 72;

    /// <summary>Adds it to a program, after all other commands.</summary>
    public static void AddTo(Command root, CliContext context)
    {
        var command = new Command("man", "print the manual page") { Hidden = true };
        command.SetAction(_ => context.Out.Write(Page(root, CliVersion.Text)));
        root.Add(command);
    }

    /// <summary>The page, ended by a line break.</summary>
    public static string Page(Command root, string version)
    {
        var page = new StringBuilder();
        page.Append($".TH {root.Name.ToUpperInvariant()} 8 \"\" \"ePortal {version}\" \"System administration\"\n");
        page.Append($".SH NAME\n{Escape(root.Name)} \\- {Escape(root.Description ?? "")}\n");
        page.Append($".SH SYNOPSIS\n.B {Escape(root.Name)}\n.RI [ options ]\n.RI [ \"command \" ...]\n");
        page.Append(".SH COMMANDS\n");
        foreach (var command in Visible(root))
            Section(page, command);
        page.Append(".SH FILES\n");
        Entry(page, "/etc/eportal/config", "settings; every one is in it with its default");
        Entry(page, "/etc/eportal/environment/", "a file for each further environment variable (envdir)");
        Entry(page, "/var/lib/eportal/", "database, patches, keys");
        page.Append(".SH SEE ALSO\n");
        page.Append(root.Name == "eportal" ? ".BR kc.eportal (8),\n" : ".BR eportal (8),\n")
            .Append(".BR kcarectl (8)\n");
        return page.ToString();
    }

    /// <summary>The program itself and every command below it that the help shows, each before its own.</summary>
    private static IEnumerable<Command> Visible(Command command) =>
        command.Hidden ? [] : command.Subcommands.SelectMany(Visible).Prepend(command);

    private static void Section(StringBuilder page, Command command)
    {
        page.Append($".SS {Escape(CliNames.Path(command))}\n.nf\n");
        foreach (var line in CliHelp.Text(command, Width).TrimEnd('\n').Split('\n'))
            page.Append(Escape(line)).Append('\n');
        page.Append(".fi\n");
    }

    private static void Entry(StringBuilder page, string name, string text) =>
        page.Append($".TP\n.I {Escape(name)}\n{Escape(text)}\n");

    /// <summary>A text as groff shows it letter by letter: hyphens can be copied, no line is a request.</summary>
    private static string Escape(string text)
    {
        var escaped = text.Replace("\\", "\\e", StringComparison.Ordinal)
            .Replace("-", "\\-", StringComparison.Ordinal)
            .Replace("'", "\\(aq", StringComparison.Ordinal)
            .Replace("`", "\\(ga", StringComparison.Ordinal);
        return escaped.StartsWith('.') ? "\\&" + escaped : escaped;
    }
}
