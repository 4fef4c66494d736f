using System.CommandLine;
using System.Text.Json.Serialization;
using EPortal.Cli;

namespace EPortal.Hosting;

/// <summary><c>kc.eportal config</c>: looks after the settings.</summary>
internal static class SettingsCommands
{
    public static Command Create(CliContext context) =>
        new("config", "check the settings, or print an example") { Check(context), Example(context) };

    private static Command Example(CliContext context)
    {
        var command = new Command(
            "example",
            """
            print a settings file with every setting and its default, commented out

            examples:
              kc.eportal config example > /etc/eportal/config
            """
        );
        command.SetAction(_ => context.Out.Write(SettingsExample.Text()));
        return command;
    }

    private static Command Check(CliContext context)
    {
        var json = CliOptions.Json();
        var command = new Command(
            "check",
            """
            list all problems in the settings

            examples:
              kc.eportal config check
              EPORTAL_CONFIG=/tmp/new kc.eportal config check
            """
        )
        {
            json,
        };
        command.SetAction(parsed =>
        {
            var result = SettingsFilesCheck.Of(Settings.Load(context.Environment), context.Environment);
            if (parsed.GetValue(json))
                context.Json(Report(result), ConfigJson.Default.ConfigReport);
            else
                Tell(context, result);
            return result.Settings is null ? CliExit.Failure : CliExit.Success;
        });
        return command;
    }

    private static void Tell(CliContext context, SettingsResult result)
    {
        foreach (var problem in result.Problems)
            context.Line(problem.ToLine());
        if (result.Settings is not null)
            context.Line("settings OK");
    }

    private static ConfigReport Report(SettingsResult result) =>
        new(
            result.Settings is not null,
            [
                .. result.Problems.Select(problem => new ConfigProblem(
                    problem.IsWarning ? "warning" : "error",
                    problem.Source,
                    problem.Line,
                    problem.Name,
                    problem.Message
                )),
            ]
        );
}

/// <summary>What <c>config check --json</c> prints.</summary>
internal sealed record ConfigReport(bool Ok, IReadOnlyList<ConfigProblem> Problems);

/// <summary>One problem: severity is <c>error</c> or <c>warning</c>.</summary>
internal sealed record ConfigProblem(string Severity, string Source, int? Line, string? Name, string Message);

[JsonSerializable(typeof(ConfigReport))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class ConfigJson : JsonSerializerContext;
