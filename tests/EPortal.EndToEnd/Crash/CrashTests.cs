using System.Diagnostics;
using System.Globalization;
using EPortal.EndToEnd.Portal;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Crash;

/// <summary>
/// <c>kill -9</c> in the middle of deploys and check-ins, over and over: nothing that was acknowledged is lost, and
/// nothing half-deployed is offered.
/// </summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private static readonly int s_kills = Number("EPORTAL_KILLS", 120);
    private static readonly int s_seed = Number("EPORTAL_SEED", 1);

    [Fact]
    public async Task What_was_acknowledged_survives_every_kill()
    {
        using var site = new CrashSite();
        await site.PrepareAsync();
        var (ledger, random, clock) = (new CrashLedger(), new Random(s_seed), Stopwatch.StartNew());
        using var agent = new CrashAgent(site);
        var (inCheckIns, inCommands, commandsKilled, halfway) = (0, 0, 0, 0);
        for (var kill = 1; kill <= s_kills; kill++)
        {
            await using var portal = await RestartAsync(site, ledger, agent);
            await using var load = new CrashLoad(site, ledger, portal, random.Next());
            load.Begin();
            // The moment is chance on purpose: every instruction is as good as the next, but those that end a deploy
            // are few, so some kills are aimed near them.
            var aimed = kill % 4 == 0;
            if (aimed)
                await site.DeployIsNearItsEndAsync();
            await Task.Delay(aimed ? random.Next(100) : random.Next(20, 600), TestContext.Current.CancellationToken);
            inCheckIns += load.CheckInsInFlight > 0 ? 1 : 0;
            inCommands += load.Commands > 0 ? 1 : 0;
            halfway += site.Staged() > 0 ? 1 : 0;
            commandsKilled += await load.KillAsync(commandsToo: kill % 2 == 0);
        }

        await using (await RestartAsync(site, ledger, agent))
            await site.ShouldBeTidyAsync();
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{s_kills} kills with seed {s_seed} in {clock.Elapsed.TotalSeconds:0} s: {inCheckIns} fell into check-ins, {inCommands} into "
                    + $"commands, {halfway} of these with a patchset half unpacked; {commandsKilled} commands were killed too. "
                    + $"{ledger.Acknowledged} answers were given and none was forgotten; {agent.Patches} patches were fetched whole."
            )
        );
        inCheckIns.ShouldBeGreaterThan(s_kills / 4, "the kills miss what they are for");
        halfway.ShouldBeGreaterThan(s_kills / 10, "the kills miss what they are for");
    }

    [Fact]
    public async Task A_first_start_that_is_killed_is_no_hindrance_to_the_second()
    {
        const int Starts = 10;
        var random = new Random(s_seed);
        for (var n = 0; n < Starts; n++)
        {
            using var installation = new PortalInstallation();
            using (var first = Process.Start(installation.Start(Programs.Portal, ["serve"]))!)
            {
                await Task.Delay(random.Next(300), TestContext.Current.CancellationToken);
                first.Kill();
                await first.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            await using var second = await installation.ServeAsync();
            await installation.DoAsync("key", "-a", CrashSite.Key);
        }
    }

    /// <summary>
    /// Starts the portal, and at the same moment the commands that tell what it knows, and compares. Lists of servers
    /// may be behind what was acknowledged, so these are read once it has caught up.
    /// </summary>
    private static async Task<PortalProcess> RestartAsync(CrashSite site, CrashLedger ledger, CrashAgent agent)
    {
        var start = site.Installation.ServeAsync();
        var rows = await Task.WhenAll(site.RowsAsync("key"), site.RowsAsync("kcare", "list"));
        var portal = await start;
        await site.HasCaughtUpAsync();
        ledger.ShouldHold(await site.RowsAsync("server", "list", "--limit", "10000"), rows[0], rows[1]);
        site.DatabaseShouldBeSound();
        var enabled = rows[1]
            .Where(row => row.GetProperty("status").GetString() == "enabled")
            .Select(row => row.GetProperty("patchset").GetString()!)
            .ToList();
        await agent.ShouldBeOfferedAsync(portal, enabled.LastOrDefault());
        await agent.ShouldFindAsync(portal, enabled);
        return portal;
    }

    private static int Number(string variable, int usual) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : usual;
}
