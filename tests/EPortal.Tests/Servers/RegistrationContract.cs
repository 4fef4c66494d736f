using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Servers;
using EPortal.Servers.CheckIns;
using EPortal.Tests.Data;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers;

public abstract class RegistrationContract(TestDatabase kind) : StoreContract(kind)
{
    [Fact]
    public async Task A_keys_limit_is_exact_when_a_hundred_come_at_once()
    {
        await using var store = NewStore();
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "k", new KeySettings(ServerLimit: 7));
        var registration = new Registration(store.Log, store.Changes);

        var results = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(n => registration.Register($"h{n}", "192.0.2.9", "k"))
        );

        results.Count(r => r.Result == RegistrationResult.Done).ShouldBe(7);
        results.Count(r => r.Result == RegistrationResult.LimitReached).ShouldBe(93);
        store.Scalar<long>("SELECT count(*) FROM server").ShouldBe(7);
    }

    [Fact]
    public async Task A_place_that_is_given_up_can_be_taken_again()
    {
        await using var store = NewStore();
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "k", new KeySettings(ServerLimit: 1));
        var registration = new Registration(store.Log, store.Changes);
        var servers = new ServerStore(store.Database, store.Log, store.Changes, store.Time);
        var first = await registration.Register("a", "192.0.2.9", "k");
        (await registration.Register("b", "192.0.2.9", "k")).Result.ShouldBe(RegistrationResult.LimitReached);

        (await servers.Unregister(first.ServerId!)).ShouldBeTrue();

        (await registration.Register("b", "192.0.2.9", "k")).Result.ShouldBe(RegistrationResult.Done);
        (await servers.Unregister(first.ServerId!)).ShouldBeFalse();
    }

    [Fact]
    public async Task Ids_are_16_letters_and_digits_and_never_the_same()
    {
        await using var store = NewStore();
        await new KeyStore(store.Database, store.Log).Add(TestStore.Admin, "k", new KeySettings());
        var registration = new Registration(store.Log, store.Changes);

        var ids = (
            await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => registration.Register("same", "192.0.2.9", "k")))
        )
            .Select(r => r.ServerId!)
            .ToList();

        ids.ShouldAllBe(id => id.Length == 16 && id.All(char.IsAsciiLetterOrDigit));
        ids.Distinct().Count().ShouldBe(500);
    }

    [Fact]
    public async Task An_unknown_key_registers_nobody()
    {
        await using var store = NewStore();

        (await new Registration(store.Log, store.Changes).Register("h", "192.0.2.9", "nope")).Result.ShouldBe(
            RegistrationResult.InvalidKey
        );

        store.Operations().ShouldBeEmpty();
    }

    [Fact]
    public async Task Deleting_a_key_deletes_its_servers_and_deleting_a_feed_moves_its_keys_to_main()
    {
        await using var store = NewStore();
        var feeds = new FeedStore(store.Database, store.Log);
        var keys = new KeyStore(store.Database, store.Log);
        var servers = new ServerStore(store.Database, store.Log, store.Changes, store.Time);
        await feeds.Add(TestStore.Admin, "test", new FeedSettings());
        await keys.Add(TestStore.Admin, "k", new KeySettings(Feed: "test"));
        var id = (await new Registration(store.Log, store.Changes).Register("h", "192.0.2.9", "k")).ServerId!;
        store.Database.Read(session => CheckInRecorder.FindOrNull(session, id))!.FeedName.ShouldBe("test");

        await feeds.Delete(TestStore.Admin, "test");
        store.Database.Read(session => CheckInRecorder.FindOrNull(session, id))!.FeedName.ShouldBe("main");
        keys.List().ShouldHaveSingleItem().Feed.ShouldBe("main");

        (await servers.DeleteKey(TestStore.Admin, "k")).ShouldBe(1);
        store.Database.Read(session => CheckInRecorder.FindOrNull(session, id)).ShouldBeNull();
        store.Scalar<long>("SELECT count(*) FROM server").ShouldBe(0);
    }
}
