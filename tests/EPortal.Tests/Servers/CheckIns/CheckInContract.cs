using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Servers;
using EPortal.Servers.CheckIns;
using EPortal.Servers.Search;
using EPortal.Tests.Data;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers.CheckIns;

public abstract class CheckInContract(TestDatabase kind) : StoreContract(kind)
{
    private static readonly ServerFacts Facts = new()
    {
        Ip = "192.0.2.9",
        Hostname = "h",
        KernelId = new string('a', 40),
        Release = "6.1.0-1-amd64",
        Euname = "6.1.0-1-amd64",
    };

    [Fact]
    public async Task What_changes_about_a_server_becomes_its_history()
    {
        await using var store = NewStore();
        var (servers, id) = await Register(store);
        await CheckIn(store, id, Facts, uptime: 100);
        servers.History(id, 100).ShouldBeEmpty();

        await CheckIn(store, id, Facts, uptime: 200);
        servers.History(id, 100).ShouldBeEmpty();

        store.Time.Advance(TimeSpan.FromHours(4));
        await CheckIn(
            store,
            id,
            Facts with
            {
                PatchLevel = 2,
                Euname = "6.1.0-9-amd64",
                Ip = "192.0.2.10",
                UpdateResult = "ok",
            },
            uptime: 50
        );

        servers
            .History(id, 100)
            .OrderBy(e => e.What, StringComparer.Ordinal)
            .Select(e => $"{e.What}: {e.Was} > {e.Became}")
            .ShouldBe([
                "euname: 6.1.0-1-amd64 > 6.1.0-9-amd64",
                "ip: 192.0.2.9 > 192.0.2.10",
                "level: 0 > 2",
                "restart: 200 > 50",
                "update:  > ok",
            ]);
        var server = List(servers).ShouldHaveSingleItem();
        server.Updated.ShouldBe(store.Time.GetUtcNow());
        server.Checkin.ShouldBe(store.Time.GetUtcNow());
        server.Facts.PatchLevel.ShouldBe(2);
    }

    [Fact]
    public async Task However_often_a_host_changes_its_history_stays_bounded_and_no_other_loses_by_it()
    {
        await using var store = NewStore();
        var (servers, id) = await Register(store);
        var other = (await new Registration(store.Log, store.Changes).Register("o", "192.0.2.8", "k")).ServerId!;
        await CheckIn(store, other, Facts, 2);
        await CheckIn(store, other, Facts, 1);

        for (var level = 0; level <= ServerHistory.Kept + 5; level++)
            await CheckIn(store, id, Facts with { PatchLevel = level }, level);

        var history = servers.History(id, int.MaxValue);
        history.Count.ShouldBe(ServerHistory.Kept);
        history[0].Became.ShouldBe($"{ServerHistory.Kept + 5}", "the newest stay");
        history[^1].Became.ShouldBe("6");
        servers.History(other, 10).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_new_feed_of_its_key_stands_in_the_history()
    {
        await using var store = NewStore();
        var (servers, id) = await Register(store);
        await CheckIn(store, id, Facts, 1);
        await new FeedStore(store.Database, store.Log).Add(TestStore.Admin, "test", new FeedSettings());
        await new KeyStore(store.Database, store.Log).Update(TestStore.Admin, "k", new KeySettings(Feed: "test"));

        await CheckIn(store, id, Facts, 2);

        var line = servers.History(id, 10).ShouldHaveSingleItem();
        (line.What, line.Was, line.Became).ShouldBe(("feed", "main", "test"));
    }

    [Fact]
    public async Task A_check_in_that_says_nothing_new_adds_no_operation()
    {
        await using var store = NewStore();
        var (_, id) = await Register(store);
        await CheckIn(store, id, Facts, 1);
        var operations = store.Operations().Count;

        await CheckIn(store, id, Facts with { PatchLevel = 3 }, 2);

        store.Operations().Count.ShouldBe(operations);
    }

    [Fact]
    public async Task A_check_in_of_a_server_deleted_meanwhile_is_not_taken_and_harms_no_other()
    {
        await using var store = NewStore();
        var (servers, id) = await Register(store);
        var other = (await new Registration(store.Log, store.Changes).Register("o", "192.0.2.8", "k")).ServerId!;
        var known = store.Database.Read(session => CheckInRecorder.FindOrNull(session, id))!;
        await servers.Unregister(id);

        var late = new CheckInRecorder(store.Log, new ServerCache(store.Database, new Offers()), store.Changes)
            .Record(known, new CheckIn(Facts, 1, null))
            .AsTask();
        var fine = CheckIn(store, other, Facts, 1);

        (await late).ShouldBeFalse();
        (await fine).ShouldBeTrue();
    }

    [Fact]
    public async Task A_server_is_inactive_48_hours_after_its_last_check_in_and_no_sooner()
    {
        await using var store = NewStore();
        var (servers, id) = await Register(store);
        var never = (await new Registration(store.Log, store.Changes).Register("never", "192.0.2.8", "k")).ServerId!;
        await CheckIn(store, id, Facts, 1);

        store.Time.Advance(TimeSpan.FromHours(48));
        List(servers).ShouldAllBe(server => !server.Inactive);
        store.Time.Advance(TimeSpan.FromSeconds(1));
        List(servers).ShouldAllBe(server => server.Inactive);

        await CheckIn(store, id, Facts, 2);
        List(servers).Where(server => server.Inactive).ShouldHaveSingleItem().ServerId.ShouldBe(never);
    }

    [Fact]
    public async Task Servers_without_a_check_in_for_the_given_days_are_cleaned()
    {
        await using var store = NewStore();
        var (servers, inactive) = await Register(store);
        var awake = (await new Registration(store.Log, store.Changes).Register("awake", "192.0.2.8", "k")).ServerId!;
        store.Time.Advance(TimeSpan.FromDays(29));
        await CheckIn(store, awake, Facts with { Hostname = "awake" }, 1);
        (await servers.CleanInactive(TestStore.Admin, 30)).ShouldBe(0);
        List(servers).Single(s => s.ServerId == inactive).Inactive.ShouldBeTrue();
        store.Time.Advance(TimeSpan.FromDays(2));

        (await servers.CleanInactive(TestStore.Admin, 30)).ShouldBe(1);

        List(servers).ShouldHaveSingleItem().ServerId.ShouldBe(awake);
    }

    [Fact]
    public async Task Tags_of_a_check_in_replace_those_there_are_and_none_leaves_them()
    {
        await using var store = NewStore();
        var (servers, id) = await Register(store);

        await CheckIn(store, id, Facts, 1, " env:prod ; ubuntu;;");
        List(servers).Single().Tags.ShouldBe("env:prod;ubuntu");

        await CheckIn(store, id, Facts, 2);
        List(servers).Single().Tags.ShouldBe("env:prod;ubuntu");

        await CheckIn(store, id, Facts, 3, "");
        List(servers).Single().Tags.ShouldBe("");
    }

    private static async Task<(ServerStore Servers, string Id)> Register(TestStore store)
    {
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "k", new KeySettings());
        var registered = await new Registration(store.Log, store.Changes).Register("h", "192.0.2.9", "k");
        return (new ServerStore(store.Database, store.Log, store.Changes, store.Time), registered.ServerId!);
    }

    private static Task<bool> CheckIn(TestStore store, string id, ServerFacts facts, long uptime, string? tags = null)
    {
        var known = store.Database.Read(session => CheckInRecorder.FindOrNull(session, id))!;
        return new CheckInRecorder(store.Log, new ServerCache(store.Database, new Offers()), store.Changes)
            .Record(known, new CheckIn(facts, uptime, tags))
            .AsTask();
    }

    private static IReadOnlyList<Server> List(ServerStore servers) => servers.List(new ServerQuery(), new Offers());
}
