using EPortal.AgentClient;
using EPortal.Keys;
using EPortal.Servers;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents;

/// <summary>
/// Guessing server ids: an id that is not right gives nothing away, and right ones cannot be guessed.
/// </summary>
[Trait("threat", "G13")]
public sealed class ServerIdGuessingTests
{
    private const string Base = "/admin/api/kcare";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Never_given_given_back_and_lost_ids_are_answered_alike()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var mine = await portal.RegisterAsync();
        var given = await portal.RegisterAsync("gone");
        await portal.Portal.Servers.Unregister(given);
        await portal.Portal.Keys.Add(TestPortal.Admin, "lost", new KeySettings());
        var orphan = await portal.RegisterAsync("orphan", "lost");
        await portal.Portal.Servers.DeleteKey(TestPortal.Admin, "lost");
        var nearly = (mine[0] == 'A' ? 'B' : 'A') + mine[1..];
        string[] wrong =
        [
            given,
            orphan,
            nearly,
            "AAAAAAAAAAAAAAAA",
            "a",
            mine[..15],
            mine + "A",
            "x'--",
            "%25",
            "_______________",
            mine.ToUpperInvariant() + "0",
        ];

        foreach (var call in Calls(portal))
        {
            var right = await call(mine);
            var expected = await call("BBBBBBBBBBBBBBBB");
            right.ShouldNotBe(expected, "a right id must be told from a wrong one, or this test shows nothing");
            foreach (var id in wrong)
                (await call(id)).ShouldBe(expected, id);
        }

        portal.TheServer().ServerId.ShouldBe(mine);
    }

    [Fact]
    public async Task Credentials_of_one_server_with_facts_of_another_tell_nothing_of_the_other()
    {
        await using var portal = await TestPortal.StartAsync();
        var mine = await portal.RegisterAsync();
        var theirs = await portal.RegisterAsync("theirs");

        var existing = await Latest(portal, mine, theirs);
        var invented = await Latest(portal, mine, "AAAAAAAAAAAAAAAA");

        existing.ShouldBe(invented);
        existing.ShouldStartWith("400");
    }

    [Fact]
    public async Task Ids_use_all_letters_and_digits_alike_at_every_place()
    {
        await using var portal = await TestPortal.StartAsync();
        const int Count = 3000;

        var ids = (
            await Task.WhenAll(
                Enumerable
                    .Range(0, Count)
                    .Select(n => portal.Portal.Get<Registration>().Register($"h{n}", "192.0.2.9", "k"))
            )
        )
            .Select(registered => registered.ServerId!)
            .ToList();

        ids.Distinct().Count().ShouldBe(Count);
        ids.ShouldAllBe(id => id.Length == 16 && id.All(char.IsAsciiLetterOrDigit));
        for (var place = 0; place < 16; place++)
        {
            // Chi-square with 61 degrees of freedom: 130 is passed once in a million times.
            var counts = ids.GroupBy(id => id[place]).Select(group => group.Count()).ToList();
            counts.Count.ShouldBe(62);
            const double Expected = Count / 62.0;
            counts.Sum(n => (n - Expected) * (n - Expected) / Expected).ShouldBeLessThan(130, $"place {place}");
        }
    }

    private static IEnumerable<Func<string, Task<string>>> Calls(TestPortal portal)
    {
        yield return id => Text(portal.GetAsync($"{Base}/check.plain?server_id={Uri.EscapeDataString(id)}"));
        yield return id => Text(portal.GetAsync($"{Base}/tag_server.plain?tag=x&server_id={Uri.EscapeDataString(id)}"));
        yield return id => Text(portal.CheckInAsync(TestPortal.Facts(id)));
        yield return id =>
            Text(portal.PostAsync($"{Base}/checkin/user", $$"""{"server_id":"{{id}}","build_ids":[]}"""));
        yield return id => Text(portal.GetAsync($"/{TestPortal.KernelId}/latest.v1", id));
        yield return id =>
            Text(portal.GetAsync($"/{TestPortal.KernelId}/latest.v2?{FactsQuery.Encode(TestPortal.Facts(""))}", id));
    }

    private static Task<string> Latest(TestPortal portal, string credentials, string facts) =>
        Text(
            portal.GetAsync(
                $"/{TestPortal.KernelId}/latest.v2?{FactsQuery.Encode(TestPortal.Facts(facts))}",
                credentials
            )
        );

    /// <summary>All of an answer but its date.</summary>
    private static async Task<string> Text(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        answer.Headers.Date = null;
        return $"{(int)answer.StatusCode} {answer.Headers} {answer.Content.Headers} {await answer.Content.ReadAsStringAsync(Cancellation)}";
    }
}
