using EPortal.Cli;
using EPortal.Hosting;

// One program under two names: `eportal` serves, `kc.eportal` administers.
var calledAs = Path.GetFileName(CommandName.OfThisProcess());
return await (
    calledAs.StartsWith("kc", StringComparison.Ordinal)
        ? CliApp.RunProcessAsync(CommandLine.Administration, args)
        : CliApp.RunProcessAsync(CommandLine.Server, args)
);
