using System.CommandLine;
using EPortal.Cli;

return await CliApp.RunProcessAsync(
    context => new Command("kc.eportal", "looks after the portal") { ConfigCommands.Create(context) },
    args);
