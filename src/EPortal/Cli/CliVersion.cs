using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace EPortal.Cli;

/// <summary><c>--version</c> of a program.</summary>
internal sealed class CliVersion(CliContext context) : SynchronousCommandLineAction
{
    /// <summary>The version as built, such as <c>0.2.0</c>, without the commit.</summary>
    public static string Text { get; } =
        typeof(CliVersion)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];

    public override bool ClearsParseErrors => true;

    public static Option Option(CliContext context)
    {
        var option = CliOptions.Flag("show the version and exit", "--version");
        option.Action = new CliVersion(context);
        return option;
    }

    public override int Invoke(ParseResult parseResult)
    {
        context.Line($"{parseResult.RootCommandResult.Command.Name} {Text}");
        return CliExit.Success;
    }
}
