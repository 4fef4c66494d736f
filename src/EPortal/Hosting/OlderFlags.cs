using System.CommandLine;
using EPortal.Accounts;
using EPortal.Cli;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.PatchSource;
using EPortal.Servers;

namespace EPortal.Hosting;

/// <summary>Flags of earlier versions that scripts still use.</summary>
internal static class OlderFlags
{
    /// <summary>Adds them to the root of <c>kc.eportal</c>.</summary>
    public static void AddTo(Command root, CliContext context)
    {
        var user = CliOptions.Value<string>("add user", "-a");
        user.HelpName = "USER";
        var password = CliOptions.Value<string>(
            "password of the new user; - reads it from standard input or prompts",
            "-p"
        );
        password.HelpName = "PASSWORD";
        var deploy = CliOptions.Value<string>("deploy kernel patchset from archive to main", "--deploy");
        deploy.HelpName = "FILE";
        var unroll = CliOptions.Value<string>("undeploy kernel patchset from main", "--unroll");
        unroll.HelpName = "NAME";
        var latest = CliOptions.Flag("fetch new kernel patchsets and enable them on main", "--get-latest");
        var auto = CliOptions.Flag(
            "fetch new kernel patchsets and enable those due on automatic feeds",
            "--auto-update"
        );
        var clean = CliOptions.Flag(
            "remove obsolete patchsets; with DRY_RUN=1 or --dry-run only list them",
            "--clean-releases"
        );
        var list = CliOptions.Flag("count servers by key", "--list-servers");
        var (yes, dryRun, json) = (CliOptions.Yes(), CliOptions.DryRun(), CliOptions.Json());
        Option[] actions = [user, deploy, unroll, latest, auto, clean, list];
        foreach (var option in (Option[])[.. actions, password, yes, dryRun, json])
            root.Options.Add(option);
        root.Validators.Add(result =>
        {
            // Checked when nothing below the root was called.
            if (result.Children.OfType<System.CommandLine.Parsing.CommandResult>().Any())
                return;
            foreach (var option in (Option[])[yes, dryRun])
            {
                if (result.IsGiven(option) && !result.GetValue(clean))
                    result.AddError($"{option.Name} requires {clean.Name}");
            }

            if (result.IsGiven(password) && !result.IsGiven(user))
                result.AddError("-p requires -a");
            var given = actions.Count(result.IsGiven);
            if (given != 1)
                result.AddError(
                    given == 0
                        ? "specify a command; see `--help`"
                        : $"use only one of {string.Join(", ", actions.Select(option => option.Name))}"
                );
        });
        root.SetAction(
            (parsed, _) =>
                parsed.GetValue(user) is { } name
                    ? UserCommands.Add(
                        context,
                        name,
                        new UserSettings(),
                        parsed.GetValue(password),
                        parsed.GetValue(json)
                    )
                : parsed.GetValue(deploy) is { } file
                    ? ProductCommands.Deploy(
                        context,
                        Product.Kernel,
                        file,
                        Feed.Main,
                        disabled: false,
                        parsed.GetValue(json)
                    )
                : parsed.GetValue(unroll) is { } patchset
                    ? UndeployCommand.Run(
                        Product.Kernel,
                        patchset,
                        Feed.Main,
                        new CliDeletion(context, Yes: false, IsDry: false, parsed.GetValue(json))
                    )
                : parsed.GetValue(latest)
                    ? UpdateCommands.Update(context, Product.Kernel, Feed.Main, parsed.GetValue(json))
                : parsed.GetValue(auto) ? UpdateCommands.AutoUpdate(context, Product.Kernel, parsed.GetValue(json))
                : parsed.GetValue(clean)
                    ? CleanReleases.Run(
                        new CliDeletion(context, parsed.GetValue(yes), parsed.GetValue(dryRun), parsed.GetValue(json))
                    )
                : ServerCommands.ListByKey(context, parsed.GetValue(json))
        );
    }
}
