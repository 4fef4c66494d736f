using System.CommandLine;
using EPortal.Cli;
using EPortal.Hosting;

return await CliApp.RunProcessAsync(
    context => new Command("kc.eportal", "looks after the portal") { SettingsCommands.Create(context) },
    args);
