using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using EPortal.EndToEnd.Portal;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Crash;

/// <summary>
/// <c>kill -9</c> in the middle of deploys and check-ins, over and over: nothing that was acknowledged is lost, and nothing
/// half-deployed is offered.
/// </summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private static readonly int s_kills = int.Parse(
        Environment.GetEnvironmentVariable("EPORTAL_KILLS") ?? "200", CultureInfo.InvariantCulture);

    private static readonly int s_seed = int.Parse(
        Environment.GetEnvironmentVariable("EPORTAL_SEED") ?? "1", CultureInfo.InvariantCulture);

    [Fact]
    public async Task What_was_acknowledged_survives_every_kill()
    {
        using var site = new CrashSite();
        await site.PrepareAsync();
        var (ledger, random) = (new CrashLedger(), new Random(s_seed));
        var (inCheckIns, inCommands, commandsKilled) = (0, 0, 0);
        for (var kill = 1; kill <= s_kills; kill++)
        {
            await using var portal = await site.Installation.ServeAsync();
            await CompareAsync(site, ledger, portal);
            await using var load = new CrashLoad(site, ledger, portal.Address, random.Next());
            load.Begin();
            // The moment is chance on purpose: no condition to wait for, every instruction is as good as the next.
            await Task.Delay(random.Next(20, 450), TestContext.Current.CancellationToken);
            inCheckIns += load.CheckInsInFlight > 0 ? 1 : 0;
            var command = load.Command;
            inCommands += command is null ? 0 : 1;
            if (kill % 2 == 0 && command is not null && TryKill(command))
                commandsKilled++;
            await portal.SignalAsync("KILL");
        }

        await using var last = await site.Installation.ServeAsync();
        await CompareAsync(site, ledger, last);
        await site.ShouldBeTidyAsync();
        output.WriteLine(
            $"{s_kills} kills with seed {s_seed}: {inCheckIns} fell into check-ins, {inCommands} into commands on patchsets, "
            + $"of which {commandsKilled} were killed too; {ledger.Acknowledged} answers were given and none was forgotten");
        inCheckIns.ShouldBeGreaterThan(s_kills / 4, "the kills miss what they are for");
        inCommands.ShouldBeGreaterThan(s_kills / 4, "the kills miss what they are for");
    }

    private static bool TryKill(Process command)
    {
        try
        {
            command.Kill();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false; // It ended by itself just now.
        }
    }

    private static async Task CompareAsync(CrashSite site, CrashLedger ledger, PortalProcess portal)
    {
        var rows = await Task.WhenAll(
            site.RowsAsync("server", "list", "--limit", "10000"), site.RowsAsync("key"), site.RowsAsync("kcare", "list"));
        var patchsets = rows[2];
        ledger.ShouldHold(rows[0], rows[1], patchsets);
        if (ledger.Hosts.Count == 0)
            return;
        var enabled = patchsets.Where(row => row.GetProperty("status").GetString() == "enabled")
            .Select(row => row.GetProperty("patchset").GetString()).LastOrDefault();
        await OfferIsWholeAsync(portal, ledger.Hosts[0], enabled);
    }

    /// <summary>What is offered is the newest that is enabled, and every byte of it is there.</summary>
    private static async Task OfferIsWholeAsync(PortalProcess portal, string host, string? patchset)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var http = new HttpClient { BaseAddress = portal.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{host}:kernelcare")));
        using var latest = await http.GetAsync($"/{CrashSite.Target}/latest.v1", cancel);
        if (patchset is null)
        {
            latest.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            return;
        }

        var level = await latest.Content.ReadAsStringAsync(cancel);
        level.ShouldBe(patchset[1..]);
        foreach (var name in new[] { "patch.json", "patch.json.minisig", "kpatch.info", "kpatch.bin" })
        {
            using var file = await http.GetAsync($"/{CrashSite.Target}/{level}/{name}", cancel);
            file.StatusCode.ShouldBe(HttpStatusCode.OK, name);
            var hash = Convert.ToHexStringLower(SHA256.HashData(await file.Content.ReadAsByteArrayAsync(cancel)));
            file.Headers.ETag!.Tag.ShouldBe($"\"{hash}\"", name);
        }
    }
}
