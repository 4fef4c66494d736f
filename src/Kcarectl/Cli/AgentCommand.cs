using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;

namespace Kcarectl.Cli;

/// <summary>The options of the program: one action a call.</summary>
internal sealed class AgentCommand
{
    // A signal ends downloads at once; a change of the kernel is finished first.
    private static readonly TimeSpan TimeToFinish = TimeSpan.FromMinutes(10);

    private readonly AgentEnvironment _environment;
    private readonly Dictionary<Option, Func<ParseResult, CancellationToken, Task<int>>> _actions = [];
    private readonly RootCommand _root = new(
        "register this host with an ePortal and apply the kernel live patches it offers"
    );
    private readonly Option<bool> _json = new("--json")
    {
        Arity = ArgumentArity.Zero,
        Description = "print JSON; only with --info or --status",
    };
    private readonly Option<bool> _info = new("--info", "-i")
    {
        Arity = ArgumentArity.Zero,
        Description = "print level, patchset, effective kernel and last update",
    };
    private readonly Option<bool> _status = new("--status")
    {
        Arity = ArgumentArity.Zero,
        Description =
            "exit 0 if up to date, 1 if nothing is applied, 2 if an update is available, 3 if the kernel is unsupported",
    };

    public AgentCommand(AgentEnvironment environment)
    {
        _environment = environment;
        _root.Options.OfType<HelpOption>().Single().Description = "print this help";
        _root.Options.OfType<VersionOption>().Single().Description = "print the version";
        var registration = new RegistrationActions(environment);
        var update = new UpdateActions(environment);
        var reports = new Reports(environment);
        Text("--register", "KEY", "register this host with a key", registration.RegisterAsync);
        Flag(
            new("--unregister") { Description = "cancel the registration of this host" },
            registration.UnregisterAsync
        );
        Flag(new("--update", "-u") { Description = "check in and apply what the portal offers" }, update.UpdateAsync);
        Flag(
            new("--auto-update")
            {
                Description =
                    "update from cron: wait a random time, print only changes, do nothing if AUTO_UPDATE is False",
            },
            update.AutoUpdateAsync
        );
        Flag(new("--check") { Description = "exit 0 if an update is available, else 1" }, update.CheckAsync);
        Add(_status, (line, cancel) => update.StatusAsync(line.GetValue(_json), cancel));
        Add(_info, (line, _) => Task.FromResult(reports.Info(line.GetValue(_json))));
        Flag(
            new("--patch-info") { Description = "print the fixes in the applied patch" },
            _ => Task.FromResult(reports.PatchInfo())
        );
        Flag(new("--uname") { Description = "print the effective kernel" }, _ => Task.FromResult(reports.Uname()));
        Flag(new("--unload") { Description = "unload the applied patch from the kernel" }, update.UnloadAsync);
        Text("--tag", "TAGS", "set the tags of this host, separated by ';'; \"\" removes them", registration.TagAsync);
        Flag(
            new("--license-info") { Description = "check the registration with the portal" },
            registration.LicenseInfoAsync
        );
        Text(
            "--set-patch-server",
            "URL",
            "set the address of the portal",
            (address, _) => Task.FromResult(registration.SetPatchServer(address))
        );
        _root.Options.Add(_json);
        _root.Validators.Add(Validate);
        _root.SetAction(RunAsync);
    }

    public async Task<int> RunAsync(string[] args)
    {
        // A tag may begin with '@': it is not a file to read options from.
        var line = _root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var output = new InvocationConfiguration
        {
            Output = _environment.Out,
            Error = _environment.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = TimeToFinish,
        };
        if (UsageErrors.SentenceOrNull(line, _root) is not { } problem)
            return await line.InvokeAsync(output);
        _environment.Warn(problem);
        _environment.Warn("run kcarectl --help for usage");
        return args.Contains(_status.Name) ? ExitCode.BadUsageOfStatus : ExitCode.BadUsage;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancel)
    {
        try
        {
            return await _actions[Chosen(line.RootCommandResult).Single()](line, cancel);
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            return Failures.Report(_environment, e);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            _environment.Warn("interrupted");
            return ExitCode.Interrupted;
        }
    }

    private void Validate(CommandResult command)
    {
        var chosen = Chosen(command).ToArray();
        if (chosen.Length == 0)
            command.AddError("specify an action");
        else if (chosen.Length > 1)
            command.AddError($"use only one of {chosen[0].Name} and {chosen[1].Name}");
        else if (command.GetResult(_json) is { Implicit: false } && chosen[0] != _info && chosen[0] != _status)
            command.AddError($"use {_json.Name} only with {_info.Name} or {_status.Name}");
    }

    private IEnumerable<Option> Chosen(CommandResult command) =>
        _actions.Keys.Where(o => command.GetResult(o) is { Implicit: false });

    private void Flag(Option<bool> option, Func<CancellationToken, Task<int>> action)
    {
        option.Arity = ArgumentArity.Zero;
        Add(option, (_, cancel) => action(cancel));
    }

    private void Text(string name, string value, string description, Func<string, CancellationToken, Task<int>> action)
    {
        var option = new Option<string>(name) { HelpName = value, Description = description };
        Add(option, (line, cancel) => action(line.GetValue(option)!, cancel));
    }

    private void Add(Option option, Func<ParseResult, CancellationToken, Task<int>> action)
    {
        _actions.Add(option, action);
        _root.Options.Add(option);
    }
}
