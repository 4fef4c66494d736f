using System.CommandLine;
using EPortal.Cli;
using EPortal.Hosting;

namespace EPortal.PatchSource;

/// <summary><c>kc.eportal patch-source</c>: shows, sets and tests the patch source.</summary>
internal static class SourceStatusCommand
{
    /// <summary>The command; its exit code is 1 when the last sync, or the trial, failed.</summary>
    public static Command Create(CliContext context)
    {
        var url = CliOptions.Value<string>("set the source", "--url");
        var user = CliOptions.Value<string>(
            "login for the source, '' for none; the password is prompted for or read from standard input",
            "--user"
        );
        var distros = new Option<string[]>("--distro")
        {
            Description = "fetch kernel patchsets of this distribution; repeatable, '' for all",
            HelpName = "DISTRO",
        };
        var off = CliOptions.Flag("switch the source off", "--off");
        var settings = CliOptions.Flag("use the start-up settings again", "--default");
        var test = CliOptions.Flag("fetch the index of the source and show the result; changes nothing", "--test");
        var json = CliOptions.Json();
        var command = new Command(
            "patch-source",
            """
            show the last sync with the patch source, set or test the source

            examples:
              kc.eportal patch-source set --url https://patches.example.com/ --user customer --distro debian12
              kc.eportal patch-source test
              kc.eportal patch-source sync
              kc.eportal patch-source --off
            """
        )
        {
            url,
            user,
            distros,
            off,
            settings,
            test,
            json,
        };
        command.Validators.Add(result =>
        {
            if (!result.IsGiven(url) && (result.IsGiven(user) || result.IsGiven(distros)))
                result.AddError("use --user and --distro only with --url");
            if (new Option[] { url, off, settings }.Count(result.IsGiven) > 1)
                result.AddError("use only one of --url, --off and --default");
        });
        command.SetAction(
            (parsed, cancel) =>
                Run(parsed, parsed.GetValue(off), parsed.GetValue(settings), parsed.GetValue(test), cancel)
        );
        command.AddVerb(
            "show",
            "show the last sync",
            [json],
            (parsed, cancel) => Run(parsed, false, false, false, cancel)
        );
        command
            .AddVerb(
                "set",
                "set the source",
                [url, user, distros, json],
                (parsed, cancel) => Run(parsed, false, false, false, cancel)
            )
            .Validators.Add(result =>
            {
                if (!result.IsGiven(url))
                    result.AddError("specify --url");
            });
        command.AddVerb(
            "delete",
            "switch the source off",
            [json],
            (parsed, cancel) => Run(parsed, true, false, false, cancel)
        );
        command.AddVerb(
            "reset",
            "use the start-up settings again",
            [json],
            (parsed, cancel) => Run(parsed, false, true, false, cancel)
        );
        command.AddVerb(
            "test",
            "fetch the index of the source and show the result; changes nothing",
            [json],
            (parsed, cancel) => Run(parsed, false, false, true, cancel)
        );
        command.AddVerb(
            "sync",
            "fetch new patchsets now, without enabling them",
            [json],
            (parsed, _) => UpdateCommands.SyncAll(context, parsed.GetValue(json))
        );
        return command;

        async Task<int> Run(ParseResult parsed, bool isOff, bool isDefault, bool isTest, CancellationToken cancel)
        {
            await using var portal = context.OpenPortal();
            if (parsed.GetValue(url) is { } address)
            {
                var known = portal.Source.State.Setting;
                var login = parsed.GetValue(user);
                var password = string.IsNullOrEmpty(login)
                    ? null
                    : await context.PasswordOnceAsync($"Password of {login}");
                await portal.Source.Save(
                    context.Operator(),
                    known.With(
                        address,
                        login ?? known.User,
                        password,
                        parsed.GetValue(distros) is { Length: > 0 } some
                            ? [.. some.Where(distro => distro.Length > 0)]
                            : known.Distros
                    )
                );
            }
            else if (isOff || isDefault)
            {
                await portal.Source.Save(context.Operator(), isOff ? SourceSetting.Off : null);
            }

            return isTest
                ? Show(
                    context,
                    await portal.Get<SourceTest>().Run(portal.Source.State.Setting, cancel),
                    parsed.GetValue(json)
                )
                : Show(context, portal, parsed.GetValue(json));
        }
    }

    private static int Show(CliContext context, Portal portal, bool json)
    {
        var (setting, _, problem) = portal.Source.State;
        var row = SourceStatus.Read(portal.Database, setting.Url, portal.Signer.OwnKeyLine());
        if (json)
        {
            context.Json(row, SourceStatusJson.Default.SourceStatus);
        }
        else
        {
            context.Line(
                $"source: {(setting.Url is null ? "none; set one with `kc.eportal patch-source set --url URL`" : setting.ToString())}"
            );
            context.Line(
                $"index: {(row.Version is { } version ? $"version {version}, expires {row.Expires}" : "not fetched yet")}"
            );
            context.Line($"last sync: {row.At ?? "never"}{(row.Message is { } message ? $", {message}" : "")}");
            context.Line($"last success: {row.SucceededAt ?? "never"}");
            context.Line($"own key: {row.OwnKey}");
        }

        if (problem is not null)
            context.Note($"warning: {problem}");
        return row.Error is null ? CliExit.Success : CliExit.Failure;
    }

    private static int Show(CliContext context, SourceFinding finding, bool json)
    {
        if (json)
            context.Json(finding, SourceStatusJson.Default.SourceFinding);
        else
            context.Line(finding.Ok ? $"ok: {finding.Message}" : $"failed: {finding.Message}");
        return finding.Ok ? CliExit.Success : CliExit.Failure;
    }
}
