using CsCheck;
using Dapper;
using EPortal.AgentClient.Wire;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Servers;
using EPortal.Servers.Search;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers.Search;

/// <summary>Every filter against a simple model, over random histories of a fleet.</summary>
public sealed class ServerSelectionTests
{
    private static readonly string[] s_names = ["web1", "WEB2", "web_1", "db%1", "app\\1", "x"];
    private static readonly string[] s_tags = ["", "a", "b;c", "A;env:test", "c"];
    private static readonly string[] s_patterns =
    [
        "web%",
        "%1",
        "%e%",
        "web1",
        "WEB1",
        "w_b1",
        "web_1",
        "%",
        "%%",
        "db%1",
        "app\\%",
        "w%b%1",
        "",
        "nothing%",
    ];

    private static readonly ProfileFilter[] s_profiles =
    [
        new() { Distro = "almalinux" },
        new() { Distro = "%i%" },
        new() { DistroVersion = ProfileFilter.NotTold },
        new() { Virt = "k%m" },
        new() { Virt = ProfileFilter.NotTold },
        new() { Failed = true },
        new() { Failed = false },
        new()
        {
            Release = "6.1%",
            Machine = "x86_64",
            KcareVersion = "1.0",
            Euname = "%",
        },
    ];

    private static readonly string[] s_orders =
    [
        "",
        "hostname",
        "-hostname",
        "ip",
        "-ip",
        "registered",
        "-registered",
        "updated",
        "-updated",
        "checkin",
        "-checkin",
        "key",
        "-feed",
        "distro",
        "-patch_level",
        "virt",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_filter_finds_what_a_reading_of_all_finds()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.Portal.Feeds.Add(TestPortal.Admin, "test", new FeedSettings());
        await portal.Portal.Keys.Add(TestPortal.Admin, "t", new KeySettings(Feed: "test"));
        await portal.Portal.Keys.Add(TestPortal.Admin, "u", new KeySettings(Products: [EPortal.Format.Product.User]));
        await portal.DeployAsync("K2", 2);
        await portal.DeployAsync("K1", 1, "test");

        await Gen.Select(Gen.Int[0, 7], Gen.Int[0, 99], Gen.Int[0, 99], Gen.Int[0, 99])
            .Array[1, 12]
            .SampleAsync(
                async steps =>
                {
                    foreach (var (what, a, b, c) in steps)
                        await Step(portal, what, a, b, c);
                    Compare(portal);
                },
                iter: 40,
                threads: 1
            );
    }

    private static async Task Step(TestPortal portal, int what, int a, int b, int c)
    {
        var all = portal.Portal.Servers.List(new ServerQuery { Limit = ServerQuery.MaxLimit }, portal.Portal.Offers);
        var one = all.Count == 0 ? null : all[a % all.Count];
        switch (what)
        {
            case 0 or 1:
                await portal
                    .Portal.Get<Registration>()
                    .Register(s_names[a % s_names.Length], $"10.0.{b % 3}.{c % 4}", new[] { "k", "t", "u" }[c % 3]);
                break;
            case 2 or 3 when one is not null:
                using (await portal.CheckInAsync(Facts(one.ServerId, a, b, c), $"10.1.{a % 2}.{b % 3}")) { }

                break;
            case 4 when one is not null:
                await portal.Portal.Servers.Tag(TestPortal.Admin, one.ServerId, s_tags[b % s_tags.Length]);
                break;
            case 5 when one is not null && b % 3 == 0:
                await portal.Portal.Servers.Delete(TestPortal.Admin, null, null, one.ServerId);
                break;
            case 6:
                await portal.Portal.Keys.Update(
                    TestPortal.Admin,
                    "k",
                    new KeySettings(Feed: b % 2 == 0 ? "test" : "main")
                );
                break;
            default:
                portal.Time.Advance(TimeSpan.FromHours(a));
                break;
        }
    }

    private static CheckInRequest Facts(string id, int a, int b, int c) =>
        TestPortal.Facts(id) with
        {
            Hostname = s_names[c % s_names.Length],
            KernelId = new string(b % 4 == 0 ? 'b' : 'a', 40),
            PatchLevel = a % 3,
            Tags = c % 5 == 0 ? s_tags[a % s_tags.Length] : null,
            Uptime = (a + b) * 10_000,
            Distro = c % 3 == 0 ? "AlmaLinux" : "Debian",
            DistroVersion = a % 2 == 0 ? "9.5" : "",
            Virt = b % 5 == 0 ? "" : "k%m",
            LastUpdate =
                (a + b) % 4 == 0
                    ? new LastUpdate
                    {
                        Level = 1,
                        Result = LastUpdate.Failed,
                        Message = "no",
                    }
                    : null,
        };

    private static void Compare(TestPortal portal)
    {
        var all = Everything(portal);
        var periods = new[] { 0, 1, 30, 48, 400 }
            .SelectMany(hours => new[] { true, false }.Select(within => new Period(TimeSpan.FromHours(hours), within)))
            .ToList();
        IEnumerable<ServerQuery> queries =
        [
            new(),
            .. s_patterns.Select(pattern => new ServerQuery { Hostname = pattern }),
            .. new[] { "10.0.%", "%.1", "10.1.0.1", "%0.%" }.Select(pattern => new ServerQuery { Ip = pattern }),
            .. new[] { "k", "t", "u", "none" }.Select(key => new ServerQuery { Key = key }),
            .. new[] { "main", "test", "none" }.Select(feed => new ServerQuery { Feed = feed }),
            .. new[] { "a", "A", "b", "c", "env:test", "env", "b;c", "%" }.Select(tag => new ServerQuery { Tag = tag }),
            new() { IsUpdated = true },
            new() { IsUpdated = false },
            .. periods.Select(period => new ServerQuery { Registered = period }),
            .. periods.Select(period => new ServerQuery { Checkin = period }),
            .. periods.Select(period => new ServerQuery { Updated = period }),
            .. all.Take(2).Select(server => new ServerQuery { ServerId = server.ServerId }),
            .. all.Take(1).Select(server => new ServerQuery { Id = server.Id }),
            .. Enum.GetValues<ServerCondition>().Select(condition => new ServerQuery { Condition = condition }),
            .. new[] { 0L, 1, 2 }.Select(level => new ServerQuery
            {
                Running = new HashSet<(string, long)> { (TestPortal.KernelId, level) },
            }),
            .. s_profiles.Select(profile => new ServerQuery { Profile = profile }),
            .. UptimeRange.All.Take(3).Select(range => new ServerQuery { Uptime = range }),
            new() { Search = "10.%.1" },
            new() { Search = "w%" },
        ];
        var single = queries.ToList();
        var pairs = single
            .Where((_, number) => number % 5 == 0)
            .SelectMany(one => single.Where((_, number) => number % 6 == 1).Select(other => Both(one, other)));
        var number = 0;
        foreach (var query in single.Concat(pairs))
            CompareOne(
                portal,
                query with
                {
                    Order = ServerOrder.ParseOrNull(s_orders[number++ % s_orders.Length]),
                    OrderMatters = number % 3 != 0,
                    Few = number % 5,
                },
                all
            );
    }

    private static void CompareOne(TestPortal portal, ServerQuery query, IReadOnlyList<Server> all)
    {
        var now = portal.Time.GetUtcNow();
        var expected = all.Where(server => Matches(server, query, now))
            .Select(server => server.ServerId)
            .Order(StringComparer.Ordinal)
            .ToList();
        portal.Portal.Database.Read(session =>
        {
            query.Count(session, portal.Portal.Offers, now).ShouldBe(expected.Count, query.ToString());
            var pages = new List<string>();
            for (var offset = 0; offset <= expected.Count; offset += 3)
                pages.AddRange(
                    (query with { Limit = 3, Offset = offset })
                        .Run(session, portal.Portal.Offers, now)
                        .Select(server => server.ServerId)
                );
            string.Join(" ", pages.Order(StringComparer.Ordinal))
                .ShouldBe(string.Join(" ", expected), query.ToString());
            new ServerSelection(session, query, portal.Portal.Offers.At(session), now)
                .CountUpTo(1)
                .ShouldSatisfyAllConditions(
                    tally => tally.Count.ShouldBeInRange(Math.Min(expected.Count, 1), expected.Count, query.ToString()),
                    tally => (tally.Count == expected.Count).ShouldBe(tally.IsExact, query.ToString())
                );
            CompareOverviews(session, query, portal, expected.Count);
            if (query is { Order: { } order, OrderMatters: true })
                ShouldBeInOrder([.. pages.Select(id => all.Single(server => server.ServerId == id))], order, query);
            return true;
        });
    }

    /// <summary>Counted from the store and on a map of all servers comes to the same.</summary>
    private static void CompareOverviews(
        EPortal.Data.Session session,
        ServerQuery query,
        TestPortal portal,
        int expected
    )
    {
        var (offers, now) = (portal.Portal.Offers.At(session), portal.Time.GetUtcNow());
        var here = ServerOverview.Count(session, query, offers, now, map: null);
        var map = ServerOverview.Count(session, query, offers, now, ServerMap.Read(session, now));
        here.Profiles.Values.Sum().ShouldBe(expected, query.ToString());
        map.Profiles.OrderBy(profile => profile.Key)
            .ShouldBe(here.Profiles.OrderBy(profile => profile.Key), query.ToString());
        map.Uptimes.ShouldBe(here.Uptimes, query.ToString());
    }

    private static void ShouldBeInOrder(IReadOnlyList<Server> servers, ServerOrder order, ServerQuery query)
    {
        for (var n = 1; n < servers.Count; n++)
        {
            var difference = string.CompareOrdinal(
                ValueOf(servers[n - 1], order.Column),
                ValueOf(servers[n], order.Column)
            );
            (order.Descending ? -difference : difference).ShouldBeLessThanOrEqualTo(0, query.ToString());
        }
    }

    private static string ValueOf(Server server, string column) =>
        column switch
        {
            "hostname" => server.Facts.Hostname.ToUpperInvariant(),
            "ip" => server.Facts.Ip,
            "registered" => $"{server.Registered:O}",
            "updated" => $"{server.Updated:O}",
            "checkin" => $"{server.Checkin:O}",
            "key" => server.Key,
            "feed" => server.Feed,
            "distro" => server.Facts.Distro.ToUpperInvariant(),
            "patch_level" => $"{server.Facts.PatchLevel:d9}",
            _ => server.Facts.Virt,
        };

    /// <summary>All servers, read from the tables that features write, without any index.</summary>
    private static IReadOnlyList<Server> Everything(TestPortal portal)
    {
        var ids = portal.Portal.Database.Read(session =>
            session.Connection.Query<string>("SELECT server_id FROM server").ToList()
        );
        var (counted, rows) = portal.Portal.Database.Read(session =>
            (
                session.Connection.ExecuteScalar<long>("SELECT coalesce(sum(servers), 0) FROM server_group"),
                session.Connection.ExecuteScalar<long>("SELECT count(*) FROM server")
            )
        );
        counted.ShouldBe(rows);
        return
        [
            .. ids.Select(id =>
                portal.Portal.Servers.List(new ServerQuery { ServerId = id }, portal.Portal.Offers).Single()
            ),
        ];
    }

    private static ServerQuery Both(ServerQuery one, ServerQuery other) =>
        new()
        {
            Hostname = one.Hostname ?? other.Hostname,
            Ip = one.Ip ?? other.Ip,
            Key = one.Key ?? other.Key,
            Feed = one.Feed ?? other.Feed,
            Tag = one.Tag ?? other.Tag,
            ServerId = one.ServerId ?? other.ServerId,
            IsUpdated = one.IsUpdated ?? other.IsUpdated,
            Registered = one.Registered ?? other.Registered,
            Checkin = one.Checkin ?? other.Checkin,
            Updated = one.Updated ?? other.Updated,
            Id = one.Id ?? other.Id,
            Condition = one.Condition ?? other.Condition,
            Running = one.Running ?? other.Running,
            Search = one.Search ?? other.Search,
            Uptime = one.Uptime ?? other.Uptime,
            Profile = one.Profile == ProfileFilter.None ? other.Profile : one.Profile,
        };

    private static bool Matches(Server server, ServerQuery query, DateTimeOffset now) =>
        Like(server.Facts.Hostname, query.Hostname)
        && Like(server.Facts.Ip, query.Ip)
        && (query.Key is null || server.Key == query.Key)
        && (query.Feed is null || server.Feed == query.Feed)
        && (query.ServerId is null || server.ServerId == query.ServerId)
        && (query.Tag is null || server.Tags.Split(';').Contains(query.Tag, StringComparer.OrdinalIgnoreCase))
        && (
            query.IsUpdated is not { } updated
            || server.Status == (updated ? ServerStatus.UpToDate : ServerStatus.Outdated)
        )
        && (query.Id is null || server.Id == query.Id)
        && (query.Condition is not { } condition || server.ConditionOf() == condition)
        && (query.Running is null || query.Running.Contains((server.Facts.KernelId, server.Facts.PatchLevel)))
        && (query.Uptime is not { } range || (server.Uptime >= range.From && server.Uptime <= range.To))
        && (query.Search is null || Like(query.Search == "w%" ? server.Facts.Hostname : server.Facts.Ip, query.Search))
        && Matches(server.Facts, query.Profile)
        && In(server.Registered, query.Registered, now)
        && In(server.Checkin, query.Checkin, now)
        && In(server.Updated, query.Updated, now);

    private static bool Matches(ServerFacts facts, ProfileFilter filter) =>
        Says(facts.Distro, filter.Distro)
        && Says(facts.DistroVersion, filter.DistroVersion)
        && Says(facts.Release, filter.Release)
        && Says(facts.Euname, filter.Euname)
        && Says(facts.Machine, filter.Machine)
        && Says(facts.Virt, filter.Virt)
        && Says(facts.KcareVersion, filter.KcareVersion)
        && (
            filter.Failed is null || facts.UpdateResult.StartsWith("failed:", StringComparison.Ordinal) == filter.Failed
        );

    private static bool Says(string text, string? pattern) =>
        pattern == ProfileFilter.NotTold ? text.Length == 0 : Like(text, pattern);

    private static bool In(DateTimeOffset? time, Period? period, DateTimeOffset now) =>
        period is null || (time is { } at && (period.Within ? at >= now - period.Ago : at < now - period.Ago));

    private static bool Like(string text, string? pattern)
    {
        if (pattern is null)
            return true;
        var parts = pattern.ToUpperInvariant().Split('%').Select(System.Text.RegularExpressions.Regex.Escape);
        return System.Text.RegularExpressions.Regex.IsMatch(
            text.ToUpperInvariant(),
            $@"\A{string.Join(".*", parts)}\z"
        );
    }
}
