using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Servers;
using EPortal.Servers.CheckIns;
using EPortal.Tests.Data;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers.Search;

/// <summary>
/// The tables that lists and counts read say what the servers' own rows say, whatever was done to those.
/// </summary>
public abstract class SearchProjectionContract(TestDatabase kind) : StoreContract(kind)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_happens_to_servers_the_tables_follow(int seed)
    {
        await using var fleet = await FleetUnderTest.StartAsync(NewStore(), seed);
        for (var step = 0; step < 120; step++)
        {
            await fleet.StepAsync();
            if (step % 10 == 0)
                ShouldAgree(fleet.Store);
        }

        ShouldAgree(fleet.Store);
    }

    [Fact]
    public async Task A_change_that_fails_leaves_them_as_they_were()
    {
        await using var fleet = await FleetUnderTest.StartAsync(NewStore(), seed: 4);
        for (var step = 0; step < 10; step++)
            await fleet.StepAsync();
        var before = Everything(fleet.Store);

        await Should.ThrowAsync<InvalidDataException>(
            fleet.Store.Log.Commit(
                Actor.Agent,
                change =>
                {
                    change.Create(
                        Server.Entity,
                        new Fields
                        {
                            { "server_id", "AAAAAAAAAAAAAAAA" },
                            { "key", fleet.Keys[0] },
                            { "hostname", "h" },
                            { "ip", "192.0.2.1" },
                            { "registered", 1L },
                            { "tags", "x" },
                        }
                    );
                    return change.Session.Execute("SELECT 1") > 5 ? 1 : throw new InvalidDataException("at the end");
                }
            )
        );

        Everything(fleet.Store).ShouldBe(before);
        ShouldAgree(fleet.Store);
    }

    [Fact]
    public async Task No_group_profile_or_tag_outlives_its_last_server()
    {
        await using var fleet = await FleetUnderTest.StartAsync(NewStore(), seed: 5);
        for (var step = 0; step < 60; step++)
            await fleet.StepAsync();

        await fleet.DeleteAllAsync();

        fleet
            .Store.Scalar<long>(
                "SELECT (SELECT count(*) FROM server_search) + (SELECT count(*) FROM server_group) + (SELECT count(*) FROM server_tag) + (SELECT count(*) FROM server_tag_count)"
            )
            .ShouldBe(0);
        fleet.Store.Rows("SELECT id FROM server_profile").ShouldBe(["0"]);
    }

    private static void ShouldAgree(TestStore store) => Everything(store).ShouldBe(Expected(store));

    /// <summary>What the tables say.</summary>
    private static string Everything(TestStore store) =>
        Text(
            store.Rows(
                "SELECT x.server, g.key, p.kernel_id, p.patch_level, p.distro, p.failed, x.hostname, x.ip, x.registered, x.updated FROM server_search x JOIN server_group g ON g.id = x.grp JOIN server_profile p ON p.id = g.profile"
            ),
            store.Rows(
                "SELECT g.key, p.kernel_id, p.patch_level, p.distro, p.failed, g.servers FROM server_group g JOIN server_profile p ON p.id = g.profile"
            ),
            store.Rows("SELECT lower(tag), server FROM server_tag"),
            store.Rows("SELECT lower(tag), servers FROM server_tag_count")
        );

    /// <summary>The same, told from the servers' own rows.</summary>
    private static string Expected(TestStore store)
    {
        var servers = store.Database.Read(session => session.Connection.Query<Told>(Told.All).ToList());
        var tags = servers.SelectMany(server => server.OwnTags.Select(tag => (Tag: tag, server.Local))).ToList();
        return Text(
            servers.Select(s =>
                $"{s.Local} {s.Profile} {s.Hostname} {s.Ip} {s.Registered} {(s.Updated is { } at ? $"{at}" : "-")}"
            ),
            servers.GroupBy(s => s.Profile).Select(group => $"{group.Key} {group.Count()}"),
            tags.Select(pair => $"{pair.Tag} {pair.Local}"),
            tags.GroupBy(pair => pair.Tag).Select(group => $"{group.Key} {group.Count()}")
        );
    }

    private static string Text(params IEnumerable<string>[] tables) =>
        string.Join("\n\n", tables.Select(lines => string.Join('\n', lines.Order(StringComparer.Ordinal))));

    /// <summary>What the rows of a server say of it.</summary>
    private sealed class Told
    {
        public const string All = """
            SELECT s.local, s.key, s.tags, s.registered, f.updated, coalesce(f.kernel_id, '') AS kernel_id, coalesce(f.patch_level, 0) AS patch_level,
              coalesce(f.distro, '') AS distro, coalesce(f.update_result, '') AS update_result, coalesce(f.hostname, s.hostname) AS hostname,
              coalesce(f.ip, s.ip) AS ip
            FROM server s LEFT JOIN server_facts f ON f.server = s.local
            """;

        public long Local { get; init; }

        public string Key { get; init; } = "";

        public string Tags { get; init; } = "";

        public long Registered { get; init; }

        public long? Updated { get; init; }

        public string KernelId { get; init; } = "";

        public long PatchLevel { get; init; }

        public string Distro { get; init; } = "";

        public string UpdateResult { get; init; } = "";

        public string Hostname { get; init; } = "";

        public string Ip { get; init; } = "";

        public string Profile =>
            $"{Key} {KernelId} {PatchLevel} {Distro} {(UpdateResult.StartsWith("failed:", StringComparison.Ordinal) ? 1 : 0)}";

        public IEnumerable<string> OwnTags =>
            Tags.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(tag => tag.ToLowerInvariant()).Distinct();
    }

    /// <summary>Some servers to which one thing after another happens.</summary>
    private sealed class FleetUnderTest : IAsyncDisposable
    {
        private static readonly string[] s_tags = ["", "web", "Web;db", "db;env:prod", "env:prod;x\"y;web", "ünder"];

        private readonly Random _random;
        private readonly List<string> _ids = [];
        private readonly ServerCache _known;
        private readonly ServerStore _servers;

        private FleetUnderTest(TestStore store, int seed)
        {
            (Store, _random) = (store, new Random(seed));
            _known = new ServerCache(Store.Database, new Offers());
            _servers = new ServerStore(Store.Database, Store.Log, Store.Changes, Store.Time);
        }

        public TestStore Store { get; }

        public List<string> Keys { get; } = [];

        public static async Task<FleetUnderTest> StartAsync(TestStore store, int seed)
        {
            var fleet = new FleetUnderTest(store, seed);
            foreach (var name in (string[])["one", "two"])
            {
                await new KeyStore(fleet.Store.Database, fleet.Store.Log).Add(TestStore.Admin, name, new KeySettings());
                fleet.Keys.Add(fleet.Store.Scalar<string>("SELECT id FROM key WHERE name = @name", new { name })!);
            }

            await fleet.RegisterAsync();
            return fleet;
        }

        public Task StepAsync() =>
            _random.Next(8) switch
            {
                0 or 1 => RegisterAsync(),
                2 or 3 or 4 => CheckInAsync(),
                5 => _servers.Tag(TestStore.Admin, Any(), Pick(s_tags)),
                6 => MoveAsync(),
                _ => DeleteAsync(),
            };

        public async Task DeleteAllAsync()
        {
            while (_ids.Count > 0)
                await DeleteAsync();
        }

        public ValueTask DisposeAsync() => Store.DisposeAsync();

        private async Task RegisterAsync() =>
            _ids.Add(
                (
                    await new Registration(Store.Log, Store.Changes).Register(
                        $"h{_random.Next(5)}",
                        "192.0.2.9",
                        _random.Next(2) == 0 ? "one" : "two"
                    )
                ).ServerId!
            );

        private async Task CheckInAsync()
        {
            Store.Time.Advance(TimeSpan.FromMinutes(1));
            var id = Any();
            var server = Store.Database.Read(session => CheckInRecorder.FindOrNull(session, id))!;
            var facts = new ServerFacts
            {
                Hostname = $"told{_random.Next(3)}",
                Ip = "192.0.2.7",
                KernelId = new string((char)('a' + _random.Next(2)), 40),
                PatchLevel = _random.Next(3),
                Distro = Pick(["AlmaLinux", ""]),
                UpdateResult = Pick(["", "failed: no space"]),
                Feed = "main",
            };
            await new CheckInRecorder(Store.Log, _known, Store.Changes).Record(
                server,
                new CheckIn(facts, _random.Next(1000), Pick(["web", "Web;db", ""]))
            );
        }

        private async Task MoveAsync()
        {
            var entity = Store.Scalar<string>("SELECT id FROM server WHERE server_id = @id", new { id = Any() })!;
            await Store.Log.Commit(
                Actor.Agent,
                change =>
                {
                    change.Update(Server.Entity, entity, new Fields { { "key", Pick(Keys) } });
                    return true;
                }
            );
        }

        private async Task DeleteAsync()
        {
            if (_ids.Count == 0)
                return;
            var id = Any();
            _ids.Remove(id);
            await _servers.Unregister(id);
        }

        private string Any()
        {
            if (_ids.Count == 0)
                RegisterAsync().GetAwaiter().GetResult();
            return _ids[_random.Next(_ids.Count)];
        }

        private T Pick<T>(IReadOnlyList<T> some) => some[_random.Next(some.Count)];
    }
}
