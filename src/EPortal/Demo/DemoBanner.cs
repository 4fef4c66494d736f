using EPortal.Cli;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Hosting;
using EPortal.Servers;
using EPortal.Servers.Search;

namespace EPortal.Demo;

/// <summary>The banner of the demonstration.</summary>
internal static class DemoBanner
{
    /// <summary>Prints it.</summary>
    public static void Show(CliContext context, Portal portal, Uri address, string password)
    {
        var servers = portal.Servers.List(new ServerQuery { Limit = ServerQuery.MaxLimit }, portal.Offers);
        var patchsets = Products.All.Sum(product => portal.Rollout.List(Feed.Main, product).Count);
        var program = Path.GetRelativePath(
            Environment.CurrentDirectory,
            Path.Combine(AppContext.BaseDirectory, "kc.eportal")
        );
        string[] lines =
        [
            "",
            $"patchsets   {patchsets}, signed by {portal.Signer.Trusted.Keys[0].KeyId}, on feeds {string.Join(", ", portal.Feeds.List().Select(feed => feed.Name))}",
            $"fleet       {Plural.Of(servers.Count, "host")}: {Count(ServerStatus.UpToDate)} up to date, {Count(ServerStatus.Outdated)} outdated, {Count(ServerStatus.Unsupported)} unsupported",
            $"data        {portal.Settings.DataDir}",
            "",
            "look around in another terminal:",
            $"  export EPORTAL_CONFIG={Path.Combine(portal.Settings.DataDir, DemoCommand.SettingsFile)}",
            $"  {program} --list-servers",
            $"  {program} server list --hostname 'web%' --feed test",
            $"  {program} kcare list --feed late",
            $"  {program} kcare unroll {portal.Rollout.List(Feed.Main, Product.Kernel).Last(p => p.State == PatchsetState.Enabled).Patchset.Name}",
            $"  curl -s -u admin '{address}admin/api/servers?is_updated=false&limit=3'",
            $"  curl -s {address}install-kernelcare",
            "",
            "the hosts keep checking in; press Ctrl-C to stop",
            "",
            $"log in at   {address}admin",
            "user        admin",
            $"password    {password}",
        ];
        foreach (var line in lines)
            context.Line(line);

        int Count(ServerStatus status) => servers.Count(server => server.Status == status);
    }
}
