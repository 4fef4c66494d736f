using System.Runtime.CompilerServices;
using EPortal.Cli;

namespace EPortal.Hosting;

/// <summary>Gives commands the settings in force.</summary>
internal static class SettingsOfContext
{
    private static readonly ConditionalWeakTable<CliContext, Settings> Loaded = [];

    extension(CliContext context)
    {
        /// <summary>The settings in force, read at the first use.</summary>
        /// <exception cref="CliException">They are wrong; every mistake has been told on standard error.</exception>
        public Settings Settings => Loaded.GetValue(context, Load);
    }

    private static Settings Load(CliContext context)
    {
        var result = Settings.Load(context.Environment);
        foreach (var problem in result.Problems)
            context.Note($"{(problem.IsWarning ? "warning" : "error")}: {problem}");
        return result.Settings ?? throw new CliException("the settings are wrong, so nothing was done.");
    }
}
