using System.CommandLine;
using EPortal.Accounts;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Hosting.Proxies;
using EPortal.Hosting.Service;
using EPortal.Operations;
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
        var log = PortalLog.Of(context.Settings, context.Environment);
        void Note(string line) => log.Note(context, line);
        foreach (var warning in context.SettingsWarnings)
            Note(warning.ToLine());
        var manager = ServiceManager.Of(context.Environment, Note);
        var sockets = new ListenSockets(GivenSockets.Take(context.Environment, Note), manager);
        ServiceManager.HideFromChildren();
        GivenSockets.HideFromChildren();
        await using var portal = context.OpenPortal(isNew);
        TellWhatChanged(context, portal.Database);
        portal.Database.MarkFile();
        portal.Folders.ListArchives();
        await using var app = WebPortal.Build(portal, new ServiceContext(log, sockets));
        await StartAsync(app, cancel);
        foreach (var line in sockets.Settle())
            Note($"warning: {line}");
        foreach (var finding in ProxyReport.Open(portal.Settings, portal.Time).Look())
        {
            if (finding.Severity != "ok")
                Note($"warning: {finding.Message}");
        }

        foreach (var address in app.Urls)
            context.Line($"serving on {address}");
        TellOfUsers(context, portal, Note);
        await ServeAsync(app, manager, Note, cancel);
    }

    private static void TellOfUsers(CliContext context, Portal portal, Action<string> note)
    {
        if (!portal.Users.Any())
            context.Line("no users yet; create one on this machine: kc.eportal user add admin");
        else if (!portal.Users.AnyAdmin())
            note($"warning: {UserStore.NoAdmin}");
    }

    /// <summary>Serves until it is told to stop; the service manager is told how it goes.</summary>
    private static async Task ServeAsync(
        WebApplication app,
        ServiceManager manager,
        Action<string> note,
        CancellationToken cancel
    )
    {
        var check = new SelfCheck(
            app.Services.GetRequiredService<HealthChecks>(),
            [.. app.Urls.Select(address => new Uri(address))]
        );
        var watchdog = new Watchdog(manager, check.Look, note, TimeProvider.System).Run(cancel);
        manager.Ready($"serving on {string.Join(", ", app.Urls)}");
        using var stopping = cancel.Register(manager.Stopping);
        await app.WaitForShutdownAsync(cancel);
        await watchdog;
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
