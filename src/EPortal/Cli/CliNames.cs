using System.CommandLine;
using System.CommandLine.Help;

namespace EPortal.Cli;

/// <summary>How commands, options and arguments are named in the help.</summary>
internal static class CliNames
{
    /// <summary><c>kc.eportal key</c>.</summary>
    public static string Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent
            ? $"{Path(parent)} {command.Name}"
            : command.Name;

    /// <summary>The options of a command as shown: help, which every command has from the root, comes first.</summary>
    public static IEnumerable<Option> OptionsOf(Command command)
    {
        var root = command;
        while (root.Parents.OfType<Command>().FirstOrDefault() is { } parent)
            root = parent;
        return root
            .Options.OfType<HelpOption>()
            .Concat(command.Options.Where(option => option is not HelpOption))
            .Where(option => !option.Hidden);
    }

    /// <summary><c>[-p PASSWORD]</c>; without brackets where it must be given.</summary>
    public static string Usage(Option option)
    {
        var text = Joined(Flags(option)[0], ValueOf(option));
        return option.Required ? text : $"[{text}]";
    }

    /// <summary><c>[key]</c>, <c>archive</c>, <c>name [name ...]</c>.</summary>
    public static string Usage(Argument argument)
    {
        var name = Name(argument);
        if (argument.Arity.MaximumNumberOfValues > 1)
            name = argument.Arity.MinimumNumberOfValues == 0 ? $"[{name} ...]" : $"{name} [{name} ...]";
        else if (argument.Arity.MinimumNumberOfValues == 0)
            name = $"[{name}]";
        return name;
    }

    /// <summary><c>-p PASSWORD, --password PASSWORD</c>.</summary>
    public static string Long(Option option) =>
        string.Join(", ", Flags(option).Select(flag => Joined(flag, ValueOf(option))));

    public static string Name(Argument argument) => argument.HelpName ?? argument.Name;

    private static string Joined(string flag, string value) => value.Length == 0 ? flag : $"{flag} {value}";

    private static string[] Flags(Option option) =>
        [
            .. option
                .Aliases.Prepend(option.Name)
                .Distinct()
                .OrderBy(flag => flag.StartsWith("--", StringComparison.Ordinal)),
        ];

    private static string ValueOf(Option option) =>
        option.Arity.MaximumNumberOfValues == 0
            ? ""
            : option.HelpName ?? Flags(option)[^1].TrimStart('-').Replace('-', '_').ToUpperInvariant();
}
