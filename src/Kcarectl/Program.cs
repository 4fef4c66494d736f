using System.Net.Http.Headers;
using EPortal.AgentClient;
using Kcarectl;
using Kcarectl.Cli;
using Kcarectl.Kernel;
using Kcarectl.Settings;

AgentPaths paths;
try
{
    paths = AgentPaths.FromEnvironment();
}
catch (AgentException e)
{
    await Console.Error.WriteLineAsync($"kcarectl: {e.Message}");
    return e.ExitCode;
}
using var http = PortalClient.CreateHttpClient(new ProductInfoHeaderValue("kcarectl", AgentVersion.Text));
var environment = new AgentEnvironment(paths, new LivepatchKernel(paths), http, Console.Out, Console.Error);
return await new AgentCommand(environment).RunAsync(args);
