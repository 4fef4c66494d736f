using EPortal.Accounts;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Replication;
using EPortal.Servers;
using EPortal.Servers.CheckIns;
using EPortal.Servers.Search;
using EPortal.Tests.Accounts;
using EPortal.Tests.Replication;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Data;

/// <summary>
/// Two sites that made things of the same names, as the same playbook run against both does, and meet afterwards: every
/// server keeps its key and every key its feed, limits count both, and what is deleted does not come back.
/// </summary>
public abstract class SameNameContract(TestDatabase kind) : StoreContract(kind)
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_key_stays_on_its_feed_whichever_of_both_is_visible(bool keyIsOnTheLater)
    {
        await using var a = NewStore(Now + TimeSpan.FromSeconds(keyIsOnTheLater ? 5 : 0));
        await using var b = NewStore(Now + TimeSpan.FromSeconds(keyIsOnTheLater ? 0 : 5));
        await Feeds(a).Add(TestStore.Admin, "canary", new FeedSettings());
        await Keys(a).Add(TestStore.Admin, "k", new KeySettings(Feed: "canary"));
        await Feeds(b).Add(TestStore.Admin, "canary", new FeedSettings());
        await Meet(a, b);

        foreach (var node in new[] { a, b })
            node.Database.Read(session => KeyStore.Get(session, "k")).Feed.ShouldBe("canary");

        await Feeds(b).Delete(TestStore.Admin, "canary");
        await Meet(a, b);
        foreach (var node in new[] { a, b })
        {
            node.Database.Read(session => KeyStore.Get(session, "k")).Feed.ShouldBe(Feed.Main);
            node.Scalar<long>("SELECT count(*) FROM feed WHERE name = 'canary'").ShouldBe(0);
        }
    }

    [Fact]
    public async Task Servers_of_a_key_that_both_made_are_served_counted_and_limited_together()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromSeconds(5));
        var atA = await MakeKeyAndRegister(a, "one");
        var atB = await MakeKeyAndRegister(b, "two");
        await Meet(a, b);

        foreach (var node in new[] { a, b })
        {
            foreach (var id in new[] { atA, atB })
            {
                var server = node.Database.Read(session => CheckInRecorder.FindOrNull(session, id)).ShouldNotBeNull();
                server.FeedName.ShouldBe(Feed.Main);
                server.Products.ShouldContain("kernel");
            }

            Servers(node).CountByKey().ShouldHaveSingleItem().Count.ShouldBe(2);
            node.Database.Read(ServerGroups.AnyOutOfForce).ShouldBeFalse();
            (await new Registration(node.Log, node.Changes).Register("three", "192.0.2.9", "prod")).Result.ShouldBe(
                RegistrationResult.LimitReached
            );
        }

        (await Servers(a).DeleteKey(TestStore.Admin, "prod")).ShouldBe(2);
        await Meet(a, b);
        foreach (var node in new[] { a, b })
        {
            node.Scalar<long>("SELECT count(*) FROM server").ShouldBe(0);
            node.Scalar<long>("SELECT count(*) FROM key").ShouldBe(0);
        }
    }

    [Fact]
    public async Task Names_that_both_gave_are_told_as_conflicts_until_all_of_the_name_are_deleted()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromSeconds(5));
        foreach (var node in new[] { a, b })
        {
            await Feeds(node).Add(TestStore.Admin, "canary", new FeedSettings());
            await Keys(node).Add(TestStore.Admin, "prod", new KeySettings());
        }

        KnownPeers.StatusOf(a).Conflicts().ShouldBeEmpty();
        await Meet(a, b);
        foreach (var node in new[] { a, b })
            KnownPeers
                .StatusOf(node)
                .Conflicts()
                .ShouldBe([new NameConflict("feed", "canary", 2), new NameConflict("key", "prod", 2)]);

        await Feeds(a).Delete(TestStore.Admin, "canary");
        await Servers(b).DeleteKey(TestStore.Admin, "prod");
        await Meet(a, b);
        foreach (var node in new[] { a, b })
            KnownPeers.StatusOf(node).Conflicts().ShouldBeEmpty();
    }

    [Fact]
    public async Task Hosts_in_memory_keep_their_key_when_another_of_its_name_arrives()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromSeconds(5));
        var id = await MakeKeyAndRegister(a, "one");
        await MakeKeyAndRegister(b, "two");
        var known = new ServerCache(a.Database, new Offers());
        PackedServerId.TryRead(id, out var packed).ShouldBeTrue();
        known.TryFind(known.View(), packed, out _, out _).ShouldBeTrue();

        await b.SendTo(a);

        known.TryFind(known.View(), packed, out _, out var key).ShouldBeTrue();
        key.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_user_that_was_deleted_does_not_log_in_with_the_password_of_another_site(bool visibleIsDeleted)
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromSeconds(5));
        await Users(a).Add(TestStore.Admin, "bob", new UserSettings { Password = "first password" });
        await ApiKeys(a).Make(TestStore.Admin, "bob", "of a script", null);
        await Users(b).Add(TestStore.Admin, "bob", new UserSettings { Password = "second password" });
        await Meet(a, b);

        await ApiKeys(a).Make(TestStore.Admin, "bob", "at the later", null);
        await Meet(a, b);
        ApiKeys(b).List("bob").Select(key => key.Name).ShouldBe(["of a script", "at the later"]);

        await Users(visibleIsDeleted ? b : a).Delete(TestStore.Admin, "bob");
        await Meet(a, b);
        foreach (var node in new[] { a, b })
            node.Scalar<long>("SELECT count(*) FROM api_key").ShouldBe(0);

        foreach (var node in new[] { a, b })
        {
            Users(node).IsPassword("bob", "first password").ShouldBeFalse();
            Users(node).IsPassword("bob", "second password").ShouldBeFalse();
            node.Scalar<long>("SELECT count(*) FROM account").ShouldBe(0);
        }
    }

    [Fact]
    public async Task A_first_login_elsewhere_does_not_demote_an_admin_of_the_directory()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now + TimeSpan.FromSeconds(5));
        var who = new ExternalIdentity($"{ExternalIdentity.LdapPrefix}uid=alice", "alice", "example.com", "Alice");
        var user = await Users(a).Enter(Actor.Portal, who);
        await Users(a).Update(TestStore.Admin, user.Name, new UserSettings { IsAdmin = true });
        await Users(b).Enter(Actor.Portal, who);
        await Meet(a, b);

        foreach (var node in new[] { a, b })
            node.Scalar<long>("SELECT admin FROM account WHERE name = 'alice' AND shadowed = 0").ShouldBe(1);
    }

    [Fact]
    public async Task An_own_operation_that_this_store_never_made_says_that_it_was_restored()
    {
        await using var a = NewStore(Now);
        await using var b = NewStore(Now);
        await Feeds(a).Add(TestStore.Admin, "x", new FeedSettings());
        await a.SendTo(b);
        await using var restored = NewStore(Now);
        var origin = a.Origin;
        await restored.Log.Commit(
            Actor.Agent,
            change =>
            {
                change.Session.Execute("UPDATE node SET origin = @origin", ("@origin", origin));
                return 0;
            }
        );

        (await restored.Apply(b.Operations()[0])).ShouldBe(Applied.Forked);
    }

    private static async Task<string> MakeKeyAndRegister(TestStore store, string host)
    {
        await Keys(store).Add(TestStore.Admin, "prod", new KeySettings(ServerLimit: 2));
        return (await new Registration(store.Log, store.Changes).Register(host, "192.0.2.7", "prod")).ServerId!;
    }

    private static async Task Meet(TestStore a, TestStore b)
    {
        await a.SendTo(b);
        await b.SendTo(a);
        a.Content().ShouldBe(b.Content());
    }

    private static FeedStore Feeds(TestStore store) => new(store.Database, store.Log);

    private static KeyStore Keys(TestStore store) => new(store.Database, store.Log);

    private static UserStore Users(TestStore store) => new(store.Database, store.Log, 5, PasswordCost.Standard);

    private static ApiKeyStore ApiKeys(TestStore store) => new(store.Database, store.Log, store.Time);

    private static ServerStore Servers(TestStore store) => new(store.Database, store.Log, store.Changes, store.Time);
}
