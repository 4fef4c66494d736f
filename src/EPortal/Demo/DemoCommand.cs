using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using EPortal.Accounts;
using EPortal.Blobs;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Hosting;
using EPortal.Keys;

namespace EPortal.Demo;

/// <summary><c>eportal demo</c>: a portal with a fleet, to look at.</summary>
internal static class DemoCommand
{
    private const int DefaultHosts = 300;
    private const int PasswordLength = 12;

    /// <summary>In the data folder, so that commands in another terminal act as this portal does.</summary>
    public const string SettingsFile = "eportal.config";

    private static readonly Actor Actor = Actor.CommandLine("demo");

    /// <summary>The command.</summary>
    public static Command Create(CliContext context)
    {
        var hosts = CliOptions.Value<int?>($"size of the fleet ({DefaultHosts} by default)", "--hosts");
        var listen = CliOptions.Value<string>("address to listen on (http://127.0.0.1:8080 by default)", "--listen");
        listen.HelpName = "URL";
        var data = CliOptions.Value<string>("new data folder, kept afterwards (a temporary one by default)", "--data");
        data.HelpName = "DIR";
        var command = new Command(
            "demo",
            """
            run a demo portal with a fleet of simulated hosts

            Creates and signs a dozen patchsets, three feeds and keys, and serves until stopped.
            """
        )
        {
            hosts,
            listen,
            data,
        };
        command.SetAction(
            (parsed, cancel) =>
                RunAsync(
                    context,
                    parsed.GetValue(hosts) ?? DefaultHosts,
                    Listen(parsed.GetValue(listen)),
                    parsed.GetValue(data),
                    cancel
                )
        );
        return command;
    }

    private static Uri Listen(string? text) =>
        Uri.TryCreate(text ?? "http://127.0.0.1:8080", UriKind.Absolute, out var uri) && uri.Scheme == "http"
            ? uri
            : throw new CliException($"invalid address '{text}': use one such as http://127.0.0.1:8080");

    private static async Task RunAsync(
        CliContext context,
        int hosts,
        Uri listen,
        string? data,
        CancellationToken cancel
    )
    {
        if (hosts is < 1 or > 5000)
            throw new CliException("invalid fleet size: use 1 to 5000 hosts");
        var folder = Path.GetFullPath(
            data ?? Path.Combine(Path.GetTempPath(), $"eportal-demo-{Guid.NewGuid():N}"[..24])
        );
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new CliException($"{folder} is not empty: use a new or empty folder");
        var vendor = MinisignSecretKey.Generate();
        try
        {
            await ServeAsync(context, Settings(folder, listen, vendor), hosts, vendor, cancel);
        }
        finally
        {
            if (data is null && Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task ServeAsync(
        CliContext context,
        Settings settings,
        int hosts,
        MinisignSecretKey vendor,
        CancellationToken cancel
    )
    {
        await using var portal = Portal.Open(settings, context.Time);
        DurableFile.Write(Path.Combine(settings.DataDir, "vendor.key"), Encoding.ASCII.GetBytes(vendor.ToText()));
        DurableFile.Write(
            Path.Combine(settings.DataDir, "vendor.pub"),
            Encoding.ASCII.GetBytes(vendor.PublicKey.ToText("vendor of the demonstration"))
        );
        DurableFile.Write(Path.Combine(settings.DataDir, SettingsFile), Encoding.UTF8.GetBytes(SettingsText(settings)));
        await using var app = WebPortal.Build(portal);
        await ServeCommand.StartAsync(app, cancel);
        var password = await FillAsync(portal, vendor, cancel);
        var address = new Uri(app.Urls.First());
        using var fleet = new DemoFleet(
            address,
            new TrustedKeys([vendor.PublicKey]),
            Directory.CreateDirectory(Path.Combine(settings.DataDir, "fleet")).FullName,
            hosts,
            context.Note
        );
        using (
            var progress = new CliProgress(
                context,
                hosts == 1
                    ? "1 host registers and fetches its patches"
                    : $"{hosts} hosts register and fetch their patches",
                hosts
            )
        )
            await fleet.StartAsync(
                n =>
                    n % 10 == 0 ? "staging"
                    : n % 7 == 0 ? "plant"
                    : "production",
                progress,
                cancel
            );
        DemoBanner.Show(context, portal, address, password);
        await fleet.RunAsync(cancel);
    }

    private static async Task<string> FillAsync(Portal portal, MinisignSecretKey vendor, CancellationToken cancel)
    {
        var password = RandomNumberGenerator.GetString(KeyStore.Letters, PasswordLength);
        await portal.Users.Add(Actor, "admin", new UserSettings(password, IsAdmin: true, Description: "demonstration"));
        await portal.Feeds.Add(Actor, "test", new FeedSettings(Auto: true, DeployAfter: 0, Channel: "test"));
        await portal.Feeds.Add(Actor, "late", new FeedSettings(Auto: true, DeployAfter: 72));
        await portal.Keys.Add(Actor, "production", new KeySettings("most of the fleet"));
        await portal.Keys.Add(Actor, "staging", new KeySettings("first to get new patchsets", "test"));
        await portal.Keys.Add(Actor, "plant", new KeySettings("last to get them", "late", ServerLimit: 2000));
        await new DemoPatchsets(portal, vendor, Actor).DeployAsync(cancel);
        return password;
    }

    private static string SettingsText(Settings settings)
    {
        string[] names = ["DATA_DIR", "RUN_AS", "LISTEN", "TRUSTED_KEYS", "REGISTER_RATE_LIMIT"];
        return string.Concat(names.Select(name => $"{name} = {SettingsTable.FindOrNull(name)!.Show(settings)}\n"));
    }

    /// <summary>Independent of this machine's settings: the demonstration is the same everywhere.</summary>
    private static Settings Settings(string folder, Uri listen, MinisignSecretKey vendor) =>
        Hosting.Settings.Defaults with
        {
            DataDir = folder,
            Listen = [listen],
            TrustedKeys = [vendor.PublicKey.ToString()],
            RegisterRateLimit = 0,
            RunAs = Environment.UserName == "root" ? "nobody" : null,
        };
}
