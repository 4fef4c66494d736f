using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using System.CommandLine.Parsing;

namespace EPortal.Cli;

/// <summary>
/// A command of things that are listed, added, changed and deleted: with a verb, <c>kc.eportal key add test</c>, or
/// with a flag, <c>kc.eportal key -a test</c>. Both do the same. A verb follows the noun at once; anywhere else its
/// word is a name.
/// </summary>
internal sealed class CliNoun : Command
{
    private readonly Argument<string?> _name;
    private readonly Argument<string?> _needed;
    private readonly bool _namelessAdd;
    private readonly Dictionary<CliAction, Option<bool>> _flags;
    private readonly Dictionary<CliAction, Option[]> _options = [];
    private readonly List<Command> _verbs = [];

    /// <summary>
    /// A noun without verbs yet; <paramref name="namelessAdd"/> when a new thing may get a generated name.
    /// </summary>
    public CliNoun(string name, string description, bool namelessAdd = false)
        : base(name, description)
    {
        _namelessAdd = namelessAdd;
        _name = CliOptions.Optional(name, $"{name} name");
        _needed = new Argument<string?>(name) { Description = $"{name} name", Arity = ArgumentArity.ExactlyOne };
        _flags = new Dictionary<CliAction, Option<bool>>
        {
            [CliAction.Add] = CliOptions.Flag($"action: add new {name}", "-a"),
            [CliAction.Change] = CliOptions.Flag($"action: change {name}", "-c"),
            [CliAction.Delete] = CliOptions.Flag($"action: delete {name}", "-d"),
        };
        Arguments.Add(_name);
        foreach (var flag in _flags.Values)
            Options.Add(flag);
        Validators.Add(Validate);
    }

    /// <summary>Names of the verbs, also while flags are used.</summary>
    public IEnumerable<string> Verbs => _verbs.Select(verb => verb.Name);

    /// <summary>Adds an action with the options that go with it.</summary>
    public void Verb(CliAction action, string description, params Option[] options)
    {
        var verb = new Command(NameOf(action), description);
        if (action != CliAction.List)
            verb.Arguments.Add(action == CliAction.Add && _namelessAdd ? _name : _needed);
        foreach (var option in options)
        {
            verb.Options.Add(option);
            // What is on every list comes last, as in the help of each verb.
            if (!Options.Contains(option) && action != CliAction.List)
                Options.Add(option);
        }

        _options.Add(action, options);
        _verbs.Add(verb);
        Subcommands.Add(verb);
    }

    /// <summary>Adds a check of the options, whichever way they are given.</summary>
    public void Check(Action<CommandResult> check)
    {
        Validators.Add(check);
        foreach (var verb in _verbs)
            verb.Validators.Add(check);
    }

    /// <summary>Sets what is done, with the action and the name; the name is empty where it may be left out.</summary>
    public void Run(Func<CliAction, string, ParseResult, Task> run)
    {
        foreach (var option in _options[CliAction.List].Except(Options))
            Options.Add(option);
        SetAction(
            (parsed, _) =>
                run(Chosen(parsed.CommandResult).Append(CliAction.List).First(), parsed.GetValue(_name) ?? "", parsed)
        );
        foreach (var (action, verb) in _options.Keys.Zip(_verbs))
            verb.SetAction(
                (parsed, _) => run(action, parsed.GetValue(_needed) ?? parsed.GetValue(_name) ?? "", parsed)
            );
    }

    /// <summary>
    /// Names that the shell completes: after the flags, and after the verbs that are about what is there.
    /// </summary>
    public void CompleteNames(Func<CompletionContext, IEnumerable<CompletionItem>> names)
    {
        _name.CompletionSources.Add(context =>
            context.ParseResult.CommandResult.Command == this && Subcommands.Count == 0 ? names(context) : []
        );
        _needed.CompletionSources.Add(context =>
            context.ParseResult.CommandResult.Command.Name == NameOf(CliAction.Add) ? [] : names(context)
        );
    }

    /// <summary>
    /// Takes the verbs away where the word after the noun is none of them: the rest is flags and names then.
    /// </summary>
    public static void Settle(Command root, IReadOnlyList<string> args)
    {
        if (
            args.Count < 2
            || root.Subcommands.OfType<CliNoun>().FirstOrDefault(noun => noun.Name == args[0]) is not { } called
        )
            return;
        if (
            !called.Verbs.Contains(args[1])
            && !root.Options.OfType<HelpOption>().Any(help => help.Name == args[1] || help.Aliases.Contains(args[1]))
        )
            called.Subcommands.Clear();
    }

    /// <summary>A word in the place of a verb that is none; null where there is none.</summary>
    public string? StrayWordOrNull(CommandResult result) => Chosen(result).Any() ? null : result.GetValue(_name);

    private static string NameOf(CliAction action) =>
        action switch
        {
            CliAction.List => "list",
            CliAction.Add => "add",
            CliAction.Change => "set",
            _ => "delete",
        };

    private IEnumerable<CliAction> Chosen(CommandResult result) =>
        _flags.Where(flag => result.GetValue(flag.Value)).Select(flag => flag.Key);

    private void Validate(CommandResult result)
    {
        if (result.Children.OfType<CommandResult>().Any())
            return;
        var chosen = Chosen(result).ToList();
        if (chosen.Count > 1)
        {
            result.AddError("use only one of -a, -c, -d");
            return;
        }

        var action = chosen.Append(CliAction.List).First();
        if (action != CliAction.List && result.GetValue(_name) is null && !(_namelessAdd && action == CliAction.Add))
            result.AddError($"{Name} is required");
        foreach (var option in _options.Values.SelectMany(options => options).Distinct().Except(_options[action]))
        {
            if (result.IsGiven(option))
                result.AddError($"{option.Name} requires {string.Join(" or ", FlagsOf(option))}");
        }
    }

    private IEnumerable<string> FlagsOf(Option option) =>
        _options
            .Where(pair => pair.Value.Contains(option))
            .Select(pair => pair.Key == CliAction.List ? NameOf(CliAction.List) : _flags[pair.Key].Name);
}
