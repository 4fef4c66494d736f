using System.CommandLine;
using EPortal.Accounts;
using EPortal.Cli;
using EPortal.Data;
using Microsoft.AspNetCore.Connections;

namespace EPortal.Hosting;

/// <summary><c>eportal serve</c>.</summary>
internal static class ServeCommand
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context)
    {
        var isNew = CliOptions.Flag(
            "use the data folder even if its database or instance-id is missing or belongs to another installation",
            "--new"
        );
        var command = new Command(
            "serve",
            """
            run the portal until stopped

            Settings are read from /etc/eportal/config; check them with `kc.eportal config check`.
            """
        )
        {
            isNew,
        };
        command.SetAction((parsed, cancel) => Run(context, parsed.GetValue(isNew), cancel));
        return command;
    }

    private static async Task Run(CliContext context, bool isNew, CancellationToken cancel)
    {
        foreach (var warning in context.SettingsWarnings)
            context.Note(warning.ToLine());
        await using var portal = context.OpenPortal(isNew);
        TellWhatChanged(context, portal.Database);
        portal.Database.MarkFile();
        portal.Folders.ListArchives();
        await using var app = WebPortal.Build(portal);
        await StartAsync(app, cancel);
        foreach (var address in app.Urls)
            context.Line($"serving on {address}");
        if (!portal.Users.Any())
            context.Line("no users yet; create one on this machine: kc.eportal user add admin");
        else if (!portal.Users.AnyAdmin())
            context.Note($"warning: {UserStore.NoAdmin}");
        await app.WaitForShutdownAsync(cancel);
    }

    private static void TellWhatChanged(CliContext context, Database database)
    {
        if (database.UpgradeCopy is { } copy)
            context.Line($"the database was upgraded; as it was before it is kept in {copy}");
        if (database.NewOrigin is { } why)
            context.Note(
                $"warning: the database was {why.ToString().ToLowerInvariant()}: this portal goes on under a new origin, and logins in browsers have ended"
            );
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
            throw new CliException($"cannot listen: {e.Message.TrimEnd('.')}");
        }
    }
}
