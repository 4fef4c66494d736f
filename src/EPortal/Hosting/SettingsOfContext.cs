using System.Runtime.CompilerServices;
using EPortal.Cli;

namespace EPortal.Hosting;

/// <summary>Gives commands the settings in force.</summary>
internal static class SettingsOfContext
{
    private static readonly ConditionalWeakTable<CliContext, SettingsResult> Loaded = [];

    extension(CliContext context)
    {
        /// <summary>The settings in force, read at the first use.</summary>
        /// <exception cref="CliException">They are wrong; every mistake has been told on standard error.</exception>
        public Settings Settings =>
            Loaded.GetValue(context, Load).Settings ?? throw new CliException("invalid settings, nothing was done");

        /// <summary>
        /// What is odd about them, for the commands that tell it: most do not, for they run again and again.
        /// </summary>
        public IEnumerable<SettingsProblem> SettingsWarnings => Loaded.GetValue(context, Load).Warnings;
    }

    private static SettingsResult Load(CliContext context)
    {
        var result = Settings.Load(context.Environment);
        if (result.Settings is null)
        {
            foreach (var problem in result.Problems)
                context.Note(problem.ToLine());
        }

        return result;
    }
}
