using System.CommandLine;
using EPortal.Cli;
using Microsoft.AspNetCore.Connections;

namespace EPortal.Hosting;

/// <summary><c>eportal serve</c>.</summary>
internal static class ServeCommand
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context)
    {
        var command = new Command("serve", """
            serve until stopped

            Settings are read from /etc/eportal/config; `kc.eportal config check` tells what is wrong with them.
            """);
        command.SetAction((_, cancel) => Run(context, cancel));
        return command;
    }

    private static async Task Run(CliContext context, CancellationToken cancel)
    {
        await using var portal = context.OpenPortal();
        portal.Folders.ListArchives();
        await using var app = WebPortal.Build(portal);
        await StartAsync(app, cancel);
        foreach (var address in app.Urls)
            context.Line($"serving on {address}");
        if (!portal.Users.Any())
            context.Line("nobody can log in yet; make a user on this machine: kc.eportal user -a admin");
        await app.WaitForShutdownAsync(cancel);
    }

    /// <summary>Starts to listen.</summary>
    /// <exception cref="CliException">An address is in use or not this machine's.</exception>
    public static async Task StartAsync(WebApplication app, CancellationToken cancel)
    {
        try
        {
            await app.StartAsync(cancel);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new CliException($"another program listens there already: {e.Message}");
        }
    }
}
