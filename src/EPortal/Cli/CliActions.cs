using System.CommandLine;

namespace EPortal.Cli;

/// <summary>What a command of the form <c>kc.eportal NOUN [-a | -c | -d] [name]</c> is asked to do.</summary>
internal enum CliAction
{
    /// <summary>Without a flag: list.</summary>
    List,

    /// <summary><c>-a</c>.</summary>
    Add,

    /// <summary><c>-c</c>.</summary>
    Change,

    /// <summary><c>-d</c>.</summary>
    Delete,
}

/// <summary>The flags <c>-a</c>, <c>-c</c> and <c>-d</c>, of which one may be given, and the name they act on.</summary>
internal sealed class CliActions
{
    private readonly Option<bool> _add;
    private readonly Option<bool> _change;
    private readonly Option<bool> _delete;
    private readonly Argument<string?> _name;
    private readonly bool _namelessAdd;

    /// <summary>Flags for a noun; <paramref name="namelessAdd"/> when a new one may get a generated name.</summary>
    public CliActions(string noun, bool namelessAdd = false)
    {
        _namelessAdd = namelessAdd;
        _name = CliOptions.Optional(noun, $"{noun} name");
        _add = CliOptions.Flag($"action: add new {noun}", "-a");
        _change = CliOptions.Flag($"action: change {noun}", "-c");
        _delete = CliOptions.Flag($"action: delete {noun}", "-d");
    }

    /// <summary>Adds flags and name to a command, before its own options.</summary>
    public void AddTo(Command command)
    {
        command.Arguments.Add(_name);
        command.Options.Add(_add);
        command.Options.Add(_change);
        command.Options.Add(_delete);
        command.Validators.Add(result =>
        {
            var given = new[] { _add, _change, _delete }.Count(flag => result.GetValue(flag));
            if (given > 1)
                result.AddError("only one of -a, -c and -d can be given.");
            else if (given == 0 && result.GetValue(_name) is { } name)
                result.AddError($"what is to be done with '{name}' is missing: -a, -c or -d.");
            else if (given == 1 && result.GetValue(_name) is null && !(_namelessAdd && result.GetValue(_add)))
                result.AddError($"the {_name.Name} is missing.");
        });
    }

    /// <summary>What is asked for.</summary>
    public CliAction Of(ParseResult parsed) =>
        parsed.GetValue(_add) ? CliAction.Add
        : parsed.GetValue(_change) ? CliAction.Change
        : parsed.GetValue(_delete) ? CliAction.Delete
        : CliAction.List;

    /// <summary>The name; empty where it may be left out.</summary>
    public string NameOf(ParseResult parsed) => parsed.GetValue(_name) ?? "";
}
