using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using EPortal.AgentClient.Wire;
using EPortal.Agents;
using EPortal.Data;
using EPortal.EndToEnd;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Hosting;
using EPortal.Keys;
using EPortal.Servers;
using EPortal.Servers.CheckIns;
using EPortal.Servers.Search;
using EPortal.Tests.Data;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents;

/// <summary>
/// A host that says what it said last is answered from memory. What changes elsewhere, in another process too (here:
/// another portal on the same data), must be in force with the next call all the same.
/// </summary>
public sealed class CheckInFastPathTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_check_in_that_says_nothing_new_is_kept()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var id = await portal.RegisterAsync();
        await Twice(portal, id);
        portal.Time.Advance(TimeSpan.FromHours(4));

        (await Answer(portal, TestPortal.Facts(id) with { Uptime = 300 })).Level.ShouldBe(1);

        var server = portal.TheServer();
        (server.Checkin, server.Uptime).ShouldBe((portal.Time.GetUtcNow(), 300));
        IsQuick(portal, id, 301).ShouldBeTrue();
    }

    [Fact]
    public async Task What_another_process_deploys_is_offered_with_the_next_call()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        await portal.DeployAsync("K2", 2);
        var id = await portal.RegisterAsync();
        await Twice(portal, id);
        await using var other = Portal.Open(portal.Portal.Settings, portal.Time);

        foreach (var level in (int[])[1, 2, 1])
        {
            if (level == 1)
                await other.Rollout.UndeployDownTo(TestPortal.Admin, Product.Kernel, "K2", Feed.Main);
            else
                await other.Rollout.Enable(TestPortal.Admin, Product.Kernel, "K2", Feed.Main, Cancellation);

            IsQuick(portal, id, 200).ShouldBeTrue();
            (await Answer(portal, TestPortal.Facts(id) with { Uptime = 200 })).Level.ShouldBe(level);
            (await Level(portal, id)).ShouldBe($"{level}");
        }
    }

    [Fact]
    public async Task A_host_that_another_process_deletes_is_unknown_with_the_next_call()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var (id, stays) = (await portal.RegisterAsync(), await portal.RegisterAsync("web2"));
        await Twice(portal, id);
        await Twice(portal, stays);
        await using var other = Portal.Open(portal.Portal.Settings, portal.Time);

        await other.Servers.Delete(TestPortal.Admin, serverId: id);

        using var checkin = await portal.CheckInAsync(TestPortal.Facts(id));
        checkin.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var latest = await portal.GetAsync($"/{TestPortal.KernelId}/latest.v2", id);
        latest.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await Level(portal, stays)).ShouldBe("1");
        IsQuick(portal, stays, 200).ShouldBeTrue();
    }

    [Fact]
    public async Task A_key_that_another_process_puts_on_another_feed_takes_its_hosts_along()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        await portal.Portal.Feeds.Add(TestPortal.Admin, "test", new FeedSettings());
        await portal.DeployAsync("K2", 2, feed: "test");
        var id = await portal.RegisterAsync();
        await Twice(portal, id);
        await using var other = Portal.Open(portal.Portal.Settings, portal.Time);

        await other.Keys.Update(TestPortal.Admin, TestPortal.Key, new KeySettings(Feed: "test"));

        (await Level(portal, id)).ShouldBe("2");
        (await Answer(portal, TestPortal.Facts(id) with { Uptime = 200 })).Level.ShouldBe(2);
        var line = portal.Portal.Servers.History(id, 10).ShouldHaveSingleItem();
        (line.What, line.Was, line.Became).ShouldBe(("feed", "main", "test"));
    }

    [Fact]
    public async Task Products_that_a_key_loses_are_offered_no_more()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var id = await portal.RegisterAsync();
        await Twice(portal, id);

        await portal.Portal.Keys.Update(TestPortal.Admin, TestPortal.Key, new KeySettings(Products: [Product.User]));

        (await Answer(portal, TestPortal.Facts(id) with { Uptime = 200 })).Supported.ShouldBeFalse();
        using var latest = await portal.GetAsync($"/{TestPortal.KernelId}/latest.v2", id);
        latest.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Tags_that_an_administrator_changed_are_the_hosts_own_again_when_it_states_them()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        var facts = TestPortal.Facts(id) with { Tags = "own" };
        for (var n = 0; n < 3; n++)
            await Answer(portal, facts);
        await portal.Portal.Servers.Tag(TestPortal.Admin, id, "other");
        portal.TheServer().Tags.ShouldBe("other");

        await Answer(portal, facts);

        portal.TheServer().Tags.ShouldBe("own");
    }

    [Fact]
    public async Task A_restart_of_a_host_stands_in_its_history_however_its_last_check_in_was_kept()
    {
        await using var portal = await TestPortal.StartAsync();
        var ids = await RegisterMany(portal, 40);
        await Task.WhenAll(ids.Select(id => Twice(portal, id)));
        await Task.WhenAll(ids.Select(id => Answer(portal, TestPortal.Facts(id) with { Uptime = 5000 })));

        await Task.WhenAll(ids.Select(id => Answer(portal, TestPortal.Facts(id) with { Uptime = 10 })));

        foreach (var id in ids)
        {
            var line = portal.Portal.Servers.History(id, 10).ShouldHaveSingleItem();
            (line.What, line.Was, line.Became).ShouldBe(("restart", "5000", "10"));
        }
    }

    [Fact]
    public async Task Other_facts_than_the_last_are_never_taken_for_the_same()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        await Twice(portal, id);

        foreach (var (level, uptime) in ((int, long)[])[(1, 200), (0, 201), (1, 202), (0, 203), (0, 204)])
        {
            await Answer(portal, TestPortal.Facts(id) with { PatchLevel = level, Uptime = uptime });
            portal.TheServer().Facts.PatchLevel.ShouldBe(level);
        }

        portal.Portal.Servers.History(id, 10).Count.ShouldBe(4);
    }

    [Fact]
    public async Task Check_ins_of_many_at_once_are_all_there_for_every_way_of_asking()
    {
        await using var portal = await TestPortal.StartAsync();
        var ids = await RegisterMany(portal, 60);
        await Task.WhenAll(ids.Select(id => Twice(portal, id)));
        portal.Time.Advance(TimeSpan.FromDays(3));
        var awake = ids.Take(40).ToList();

        await Task.WhenAll(awake.Select(id => Answer(portal, TestPortal.Facts(id) with { Uptime = 7000 })));

        // Whatever of it is still in the log, and in another process too.
        await using var other = Portal.Open(portal.Portal.Settings, portal.Time);
        foreach (var servers in (ServerStore[])[portal.Portal.Servers, other.Servers])
        {
            Listed(servers, new ServerQuery())
                .Where(server => server.Checkin == portal.Time.GetUtcNow() && server.Uptime == 7000 && !server.Inactive)
                .Select(server => server.ServerId)
                .ShouldBe(awake, ignoreOrder: true);
            Listed(servers, new ServerQuery { Checkin = new Period(TimeSpan.FromDays(1), Within: true) })
                .Select(server => server.ServerId)
                .ShouldBe(awake, ignoreOrder: true);
            Listed(servers, new ServerQuery { Checkin = new Period(TimeSpan.FromDays(1), Within: false) })
                .Count.ShouldBe(20);
        }

        (await other.Servers.CleanInactive(TestPortal.Admin, TimeSpan.FromDays(2))).ShouldBe(20);
    }

    [Fact]
    public async Task More_than_can_be_taken_is_turned_away_at_once_and_told_when_to_come_back()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        await Twice(portal, id);
        await using var held = HeldWriter.Now(portal.Portal.Log);
        var waiting = Enumerable
            .Range(0, CheckInWriter.MaxWaiting)
            .Select(n => portal.Portal.Agents.Finish(Quick(portal, id, 200 + n)!.Value).AsTask())
            .ToList();

        using var turnedAway = await portal.CheckInAsync(TestPortal.Facts(id) with { Uptime = 9000 });
        turnedAway.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        turnedAway.Headers.RetryAfter!.Delta!.Value.ShouldBeInRange(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20));
        (await turnedAway.Content.ReadAsStringAsync(Cancellation)).ShouldContain("unavailable");
        waiting.ShouldAllBe(one => !one.IsCompleted);

        await held.ReleaseAsync();
        (await Task.WhenAll(waiting)).ShouldAllBe(recording => recording == Recording.Done);
        (await Answer(portal, TestPortal.Facts(id) with { Uptime = 9001 })).ShouldNotBeNull();
        // After so many at once rows are behind for a moment.
        await Eventually.IsTrueAsync("the row has caught up", () => Task.FromResult(portal.TheServer().Uptime == 9001));
    }

    [Fact]
    public async Task A_check_in_whose_commit_fails_is_not_acknowledged()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        await Twice(portal, id);
        await using var held = HeldWriter.Now(portal.Portal.Log);

        // Both wait for the same commit, which the second one breaks.
        var checkin = portal.Portal.Agents.Finish(Quick(portal, id, 500)!.Value).AsTask();
        var broken = portal.Portal.Log.Commit(
            TestPortal.Admin,
            change => change.Session.Execute("INSERT INTO nowhere VALUES (1)")
        );
        await held.ReleaseAsync();

        await Should.ThrowAsync<StoreException>(broken);
        await Should.ThrowAsync<StoreException>(checkin);
        portal.TheServer().Uptime.ShouldBe(101);
        await Answer(portal, TestPortal.Facts(id) with { Uptime = 501 });
        portal.TheServer().Uptime.ShouldBe(501);
    }

    [Theory]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    [InlineData("Patches.Example.COM:8080", HttpStatusCode.OK)]
    [InlineData("a.int.example", HttpStatusCode.OK)]
    [InlineData("evil.example", HttpStatusCode.BadRequest)]
    [InlineData("int.example", HttpStatusCode.BadRequest)]
    public async Task Only_requests_that_name_an_allowed_host_are_answered(string host, HttpStatusCode status)
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                AllowedHosts = ["127.0.0.1", "patches.example.com", "*.int.example"],
            }
        );
        await portal.DeployAsync("K1", 1);
        var id = await portal.RegisterAsync();
        await Twice(portal, id);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/api/kcare/checkin")
        {
            Content = new ByteArrayContent(Bytes(TestPortal.Facts(id))),
        };
        request.Headers.Host = host;

        using var answer = await portal.Http.SendAsync(request, Cancellation);

        answer.StatusCode.ShouldBe(status);
    }

    [Fact]
    public async Task What_would_be_answered_from_memory_is_not_when_it_names_another_host()
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                AllowedHosts = ["127.0.0.1", "patches.example.com"],
            }
        );
        await portal.DeployAsync("K1", 1);
        var id = await portal.RegisterAsync();
        foreach (var uptime in (int[])[100, 101])
            (await Whole(portal, TestPortal.Facts(id) with { Uptime = uptime }, "patches.example.com")).Status.ShouldBe(
                200
            );
        var taken = portal.Portal.Agents.Counts.Ended[CheckInResult.Answered];

        // One that says nothing new, and one that does. The framework looks at what came, before it is known what a
        // proxy was asked for.
        foreach (
            var (host, forwarded) in ((string, string[])[])
                [("evil.example", []), ("patches.example.com", ["X-Forwarded-Host: evil.example"])]
        )
        {
            foreach (var level in (int[])[0, 1])
                (
                    await Whole(portal, TestPortal.Facts(id) with { Uptime = 102, PatchLevel = level }, host, forwarded)
                ).Status.ShouldBe(400);
        }

        portal.Portal.Agents.Counts.Ended[CheckInResult.Answered].ShouldBe(taken);
        var server = portal.TheServer();
        (server.Uptime, server.Facts.PatchLevel).ShouldBe((101, 0));
    }

    [Theory]
    [InlineData("patches.example.com", 0)]
    [InlineData("evil.example", 1)]
    public async Task It_leaves_to_the_rest_what_names_another_host(string host, int left)
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        await Twice(portal, id);
        var passed = 0;
        RequestDelegate rest = _ =>
        {
            passed++;
            return Task.CompletedTask;
        };
        var fast = ActivatorUtilities.CreateInstance<AgentFastPath>(
            portal.Services,
            rest,
            (IReadOnlyList<string>)["patches.example.com"]
        );
        var body = Bytes(TestPortal.Facts(id) with { Uptime = 102 });
        var came = new Pipe();
        await came.Writer.WriteAsync(body, Cancellation);
        var context = new DefaultHttpContext();
        context.Features.Set<IRequestBodyPipeFeature>(new CameBody(came.Reader));
        context.Connection.RemoteIpAddress = IPAddress.Loopback;
        (context.Request.Method, context.Request.Host, context.Request.Path) = (
            "POST",
            new HostString(host),
            "/admin/api/kcare/checkin"
        );
        context.Request.ContentLength = body.Length;

        await fast.Invoke(context);

        passed.ShouldBe(left);
        portal.TheServer().Uptime.ShouldBe(left == 0 ? 102 : 101);
    }

    [Fact]
    public async Task The_same_from_another_address_is_something_new()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        foreach (var uptime in (int[])[100, 101])
            (
                await Whole(
                    portal,
                    TestPortal.Facts(id) with
                    {
                        Uptime = uptime,
                    },
                    "localhost",
                    "X-Forwarded-For: 198.51.100.7"
                )
            ).Status.ShouldBe(200);
        portal.TheServer().Facts.Ip.ShouldBe("198.51.100.7");

        (
            await Whole(
                portal,
                TestPortal.Facts(id) with
                {
                    Uptime = 102,
                },
                "localhost",
                "X-Forwarded-For: 198.51.100.8"
            )
        ).Status.ShouldBe(200);

        portal.TheServer().Facts.Ip.ShouldBe("198.51.100.8");
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_check_in_is_answered_and_kept_alike_with_its_head_and_after_it(string body)
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var (whole, pieces) = (await portal.RegisterAsync(), await portal.RegisterAsync());

        var answers = new List<(HttpStatusCode, string?, string)>();
        foreach (
            var (id, chunked) in ((string, bool)[])[(whole, false), (pieces, true), (whole, false), (pieces, true)]
        )
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/api/kcare/checkin")
            {
                Content = new ByteArrayContent(
                    Encoding.UTF8.GetBytes(body.Replace("ID", id, StringComparison.Ordinal))
                ),
            };
            request.Headers.TransferEncodingChunked = chunked;
            using var answer = await portal.Http.SendAsync(request, Cancellation);
            answers.Add(
                (
                    answer.StatusCode,
                    answer.Content.Headers.ContentType?.MediaType,
                    await answer.Content.ReadAsStringAsync(Cancellation)
                )
            );
        }

        answers.Distinct().Count().ShouldBe(1, string.Join('\n', answers));
        var rows = portal.Portal.Servers.List(new ServerQuery(), portal.Portal.Offers);
        var (one, other) = (rows.Single(row => row.ServerId == whole), rows.Single(row => row.ServerId == pieces));
        one.Facts.ShouldBe(other.Facts);
        (one.Tags, one.Uptime, one.Checkin).ShouldBe((other.Tags, other.Uptime, other.Checkin));
        (one.Checkin is not null).ShouldBe(answers[0].Item1 == HttpStatusCode.OK);
    }

    public static TheoryData<string> Bodies()
    {
        var good = Encoding.UTF8.GetString(
            Bytes(
                TestPortal.Facts("ID") with
                {
                    LastUpdate = new LastUpdate
                    {
                        Result = "failed",
                        Level = 2,
                        Message = "no",
                    },
                }
            )
        );
        return
        [
            good,
            good.Replace("\"uptime\"", "\"tags\":\"b; a\",\"uptime\"", StringComparison.Ordinal),
            good.Replace("\"uptime\"", "\"sticky_patchset\":\"K1\",\"uptime\"", StringComparison.Ordinal),
            good.Replace("\"uptime\"", "\"update_delay\":24,\"uptime\"", StringComparison.Ordinal),
            good.Replace("\"uptime\":100", "\"uptime\":-1", StringComparison.Ordinal),
            good.Replace("\"uptime\":100", "\"uptime\":\"100\"", StringComparison.Ordinal),
            good.Replace("\"uptime\":100", "\"uptime\":100,\"uptime\":200", StringComparison.Ordinal),
            good.Replace("web1", "web\\u0007", StringComparison.Ordinal),
            good.Replace("\"web1\"", "null", StringComparison.Ordinal),
            good.Replace("debian", new string('x', 300), StringComparison.Ordinal),
            good.Replace("debian", new string('x', 5000), StringComparison.Ordinal),
            good.Replace(TestPortal.KernelId, "A" + TestPortal.KernelId[1..], StringComparison.Ordinal),
            good.Replace("\"ID\"", "\"0000000000000000\"", StringComparison.Ordinal),
            good.Replace("\"ID\"", "null", StringComparison.Ordinal),
            good + "x",
            good[..^1],
            "[]",
            "null",
        ];
    }

    private static IReadOnlyList<Server> Listed(ServerStore servers, ServerQuery query) =>
        servers.List(query, new Offers());

    private static async Task<List<string>> RegisterMany(TestPortal portal, int count)
    {
        var ids = new List<string>();
        for (var n = 0; n < count; n++)
            ids.Add(await portal.RegisterAsync($"h{n}"));
        return ids;
    }

    /// <summary>The second time a host says what is known.</summary>
    private static async Task Twice(TestPortal portal, string id)
    {
        await Answer(portal, TestPortal.Facts(id));
        await Answer(portal, TestPortal.Facts(id) with { Uptime = 101 });
    }

    /// <summary>Whether a check-in would be answered from memory. (It counts as one.)</summary>
    private static bool IsQuick(TestPortal portal, string id, long uptime) => Quick(portal, id, uptime) is not null;

    private static UnchangedCheckIn? Quick(TestPortal portal, string id, long uptime) =>
        CheckInScan.TryRead(Bytes(TestPortal.Facts(id) with { Uptime = uptime }), "127.0.0.1", out var scan)
            ? portal.Portal.Agents.TryTakeUnchanged(scan)
            : null;

    private static byte[] Bytes(CheckInRequest facts) =>
        JsonSerializer.SerializeToUtf8Bytes(facts, AgentJson.Default.CheckInRequest);

    /// <summary>Checks in with a body that comes together with the head, so that the fast path has it.</summary>
    private static Task<RawAnswer> Whole(TestPortal portal, CheckInRequest facts, string host, params string[] headers)
    {
        var body = Bytes(facts);
        var head = string.Concat(
            (string[])
                [
                    "POST /admin/api/kcare/checkin HTTP/1.1\r\n",
                    $"Host: {host}\r\n",
                    "Content-Type: application/json\r\n",
                    $"Content-Length: {body.Length}\r\n",
                    "Connection: close\r\n",
                    .. headers.Select(header => $"{header}\r\n"),
                    "\r\n",
                ]
        );
        return RawHttp.SendAsync(portal.Address, [.. Encoding.Latin1.GetBytes(head), .. body]);
    }

    private static Task<string> Level(TestPortal portal, string id) =>
        LevelOf(portal.GetAsync($"/{TestPortal.KernelId}/latest.v2", id));

    private static async Task<string> LevelOf(Task<HttpResponseMessage> call)
    {
        using var answer = await call;
        return await answer.Content.ReadAsStringAsync(Cancellation);
    }

    private static async Task<CheckInAnswer> Answer(TestPortal portal, CheckInRequest facts)
    {
        using var answer = await portal.CheckInAsync(facts);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Cancellation));
        return (await answer.Content.ReadFromJsonAsync(AgentJson.Default.CheckInAnswer, Cancellation))!;
    }

    /// <summary>A body of which all has come.</summary>
    private sealed class CameBody(PipeReader reader) : IRequestBodyPipeFeature
    {
        public PipeReader Reader => reader;
    }
}
