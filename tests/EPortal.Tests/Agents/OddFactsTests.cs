using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using EPortal.AgentClient.Wire;
using EPortal.Servers;
using EPortal.Servers.CheckIns;
using EPortal.Tests.Cli;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents;

/// <summary>
/// Check-ins with a fact that cannot be kept: that fact is dropped and told in the history, the host gets its level.
/// </summary>
public sealed class OddFactsTests
{
    private const string Call = "/admin/api/kcare/checkin";

    private static readonly string[] Texts =
    [
        "hostname",
        "release",
        "euname",
        "patch_type",
        "version",
        "virt",
        "kcare_version",
        "distro",
        "distro_version",
        "machine",
        "processor",
    ];

    private static readonly string[] Numbers = ["patch_level", "uptime", "update_delay"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Field, JSON of its value, and what the history says of it.</summary>
    public static TheoryData<string, string, string> Odd
    {
        get
        {
            var data = new TheoryData<string, string, string>
            {
                { "uptime", "1e99", "is out of range" },
                { "uptime", "\"\"", "is not a number" },
                { "patch_level", "1.5", "is not a whole number" },
                { "patch_level", "2147483648", "is out of range" },
                { "tags", "[\"a\"]", "is not text" },
                { "tags", "\"a\\tb\"", "contains control characters" },
                { "tags", $"\"{new string('x', 1025)}\"", "has more than 1024 characters" },
                { "sticky_patchset", "\"a\\nb\"", "contains control characters" },
                { "sticky_patchset", "{}", "is not text" },
                { "last_update", "7", "is not an object" },
                { "last_update", "{\"result\":\"perhaps\"}", "last_update.result is neither ok nor failed" },
                { "last_update", "{\"result\":\"failed\",\"message\":null}", "last_update.message is null" },
                { "last_update", "{\"result\":\"failed\",\"level\":\"x\"}", "last_update.level is not a number" },
                {
                    "last_update",
                    $"{{\"result\":\"failed\",\"message\":\"{new string('x', 257)}\"}}",
                    "last_update.message has more than 256 characters"
                },
            };
            foreach (var text in Texts)
            {
                data.Add(text, "null", "is null");
                data.Add(text, "true", "is not text");
                data.Add(text, "[1]", "is not text");
                data.Add(text, "\"a\\tb\"", "contains control characters");
                data.Add(text, "\"\\ud800\"", "is not text");
                data.Add(text, $"\"{new string('x', 257)}\"", "has more than 256 characters");
                data.Add(text, $"\"a\",\"{text}\":\"b\"", "is given more than once");
            }

            foreach (var number in Numbers)
            {
                data.Add(number, "-1", "is negative");
                data.Add(number, "\"soon\"", "is not a number");
                data.Add(number, "false", "is not a number");
                data.Add(number, "99999999999999999999", "is out of range");
            }

            data.Add("patch_level", "null", "is null");
            data.Add("uptime", "null", "is null");
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Odd))]
    public async Task It_is_dropped_and_told_once_and_the_host_gets_its_level(string field, string json, string told)
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var id = await portal.RegisterAsync();
        foreach (
            var (uptime, post) in ((int, Func<string, Task<string>>)[])
                [
                    (1, body => LevelByPost(portal, body)),
                    (2, body => LevelByPost(portal, body)),
                    (3, body => LevelByQuery(portal, id, body)),
                ]
        )
        {
            portal.Time.Advance(TimeSpan.FromHours(4));
            var others = field == "uptime" ? "" : $",\"uptime\":{uptime}";

            (
                await post(
                    $$"""{"server_id":"{{id}}","kernel_id":"{{TestPortal.KernelId}}"{{others}},"{{field}}":{{json}}}"""
                )
            ).ShouldBe("1");
            portal.TheServer().Checkin.ShouldBe(portal.Time.GetUtcNow());
        }

        var line = portal
            .Portal.Servers.History(id, 10)
            .Where(change => change.What == "dropped")
            .ShouldHaveSingleItem();
        (line.Was, line.Became).ShouldBe(
            ("", told.StartsWith(field, StringComparison.Ordinal) ? told : $"{field} {told}")
        );
        (await portal.CommandLine().RunAsync(["server", "history", id])).Out.ShouldContain(line.Became);

        portal.Time.Advance(TimeSpan.FromHours(4));
        (
            await LevelByPost(portal, JsonSerializer.Serialize(TestPortal.Facts(id), AgentJson.Default.CheckInRequest))
        ).ShouldBe("1");
        var after = portal.Portal.Servers.History(id, 10).First(change => change.What == "dropped");
        (after.Was, after.Became).ShouldBe((line.Became, ""));
    }

    [Theory]
    [InlineData("\"uptime\":\"100\"", 100, 0, "")]
    [InlineData("\"uptime\":100.52", 100, 0, "")]
    [InlineData("\"uptime\":\"100.52\"", 100, 0, "")]
    [InlineData("\"uptime\":\" 7 \"", 7, 0, "")]
    [InlineData("\"uptime\":1e3", 1000, 0, "")]
    [InlineData("\"patch_level\":\"2\"", 0, 2, "")]
    [InlineData("\"patch_level\":2.0", 0, 2, "")]
    [InlineData("\"distro_version\":12", 0, 0, "12")]
    [InlineData("\"distro_version\":24.04", 0, 0, "24.04")]
    public async Task What_can_be_understood_is_kept(string json, long uptime, long level, string version)
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();

        using var answer = await portal.PostAsync(
            Call,
            $$"""{"server_id":"{{id}}","kernel_id":"{{TestPortal.KernelId}}",{{json}}}"""
        );

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var server = portal.TheServer();
        (server.Uptime, server.Facts.PatchLevel, server.Facts.DistroVersion).ShouldBe((uptime, level, version));
        portal.Portal.Servers.History(id, 10).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_kernel_id_in_capitals_is_that_kernel_every_time()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var id = await portal.RegisterAsync();

        for (var n = 0; n < 3; n++)
            (
                await LevelByPost(
                    portal,
                    $$"""{"server_id":"{{id}}","kernel_id":"{{TestPortal.KernelId.ToUpperInvariant()}}","uptime":{{n}}}"""
                )
            ).ShouldBe("1");
        portal.TheServer().Facts.KernelId.ShouldBe(TestPortal.KernelId);
    }

    [Theory]
    [InlineData("\"kernel_id\":null")]
    [InlineData("\"kernel_id\":\"XYZ\"")]
    [InlineData("\"kernel_id\":7")]
    [InlineData("\"uptime\":1")]
    public async Task Without_a_kernel_id_there_is_no_level_but_the_host_is_seen(string json)
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var id = await portal.RegisterAsync();

        using var answer = await portal.PostAsync(Call, $$"""{"server_id":"{{id}}",{{json}}}""");

        (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldBe("""{"supported":false}""");
        portal.TheServer().Checkin.ShouldNotBeNull();
        portal.Portal.Servers.History(id, 10).ShouldHaveSingleItem().Became.ShouldContain("kernel_id");
    }

    [Theory]
    [InlineData("{\"server_id\":7,\"kernel_id\":\"a\"}", HttpStatusCode.BadRequest)]
    [InlineData("{\"server_id\":\"ID\",\"server_id\":\"ID\"}", HttpStatusCode.BadRequest)]
    [InlineData("{\"server_id\":null}", HttpStatusCode.BadRequest)]
    [InlineData("{\"server_id\":\"short\"}", HttpStatusCode.Unauthorized)]
    [InlineData("{\"hostname\":\"web1\"}", HttpStatusCode.Unauthorized)]
    [InlineData("{\"server_id\":\"ID\",", HttpStatusCode.BadRequest)]
    public async Task Whose_it_is_must_be_clear(string body, HttpStatusCode status)
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();

        using var answer = await portal.PostAsync(Call, body.Replace("ID", id, StringComparison.Ordinal));

        answer.StatusCode.ShouldBe(status);
        portal.TheServer().Checkin.ShouldBeNull();
    }

    [Fact]
    public async Task A_kernel_of_another_address_is_told_and_the_address_counts()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var id = await portal.RegisterAsync();

        (await LevelByQuery(portal, id, $$"""{"kernel_id":"{{new string('b', 40)}}"}""")).ShouldBe("1");
        portal.TheServer().Facts.KernelId.ShouldBe(TestPortal.KernelId);
        portal
            .Portal.Servers.History(id, 10)
            .ShouldHaveSingleItem()
            .Became.ShouldBe("kernel_id differs from the address");
    }

    [Theory]
    [InlineData("[\"XX\",\"ID\",null,7]", "build_ids contains an invalid build-id")]
    [InlineData("\"ID\"", "build_ids is not a list")]
    [InlineData("null", "build_ids is null")]
    public async Task The_rest_of_the_build_ids_is_answered(string ids, string told)
    {
        await using var portal = await TestPortal.StartAsync();
        var buildId = new string('b', 32);
        await portal.DeployAsync("U1", 3, product: EPortal.Format.Product.User, target: buildId);
        var id = await portal.RegisterAsync();

        for (var n = 0; n < 3; n++)
        {
            using var answer = await portal.PostAsync(
                $"{Call}/user",
                $$"""{"server_id":"{{id}}","build_ids":{{ids.Replace("ID", buildId, StringComparison.Ordinal)}}}"""
            );
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            (
                await answer.Content.ReadFromJsonAsync(AgentJson.Default.BuildIdsAnswer, Cancellation)
            )!.Patches.Count.ShouldBe(ids.StartsWith('[') ? 1 : 0);
        }

        var line = portal.Portal.Servers.History(id, 10).ShouldHaveSingleItem();
        (line.What, line.Became).ShouldBe(("dropped user", told));
    }

    [Theory]
    [InlineData("a%09b", "hostname contains control characters")]
    [InlineData("TOO-LONG", "hostname has more than 256 characters")]
    public async Task A_host_registers_under_its_address_where_its_name_cannot_be_kept(string name, string told)
    {
        await using var portal = await TestPortal.StartAsync();

        var answer = await portal.GetPlainAsync(
            $"register_server.plain?key=k&hostname={(name == "TOO-LONG" ? new string('x', 257) : name)}"
        );

        answer["code"].ShouldBe("0");
        portal.TheServer().Facts.Hostname.ShouldBe("127.0.0.1");
        portal.Portal.Servers.History(answer["server_id"], 10).ShouldHaveSingleItem().Became.ShouldBe(told);
    }

    [Fact]
    public void Facts_that_waited_since_before_they_had_the_field_come_back_without_it()
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(
            new PendingFacts("a.1", 7, 8, new ServerFacts { Hostname = "h" }),
            PendingFactsJson.Default.PendingFacts
        );
        var old = Encoding.UTF8.GetString(json).Replace(",\"Dropped\":\"\"", "", StringComparison.Ordinal);

        old.ShouldNotContain("Dropped");
        JsonSerializer.Deserialize(old, PendingFactsJson.Default.PendingFacts)!.Facts.Dropped.ShouldBe("");
    }

    private static async Task<string> LevelByPost(TestPortal portal, string body)
    {
        using var answer = await portal.PostAsync(Call, body);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("level").GetRawText();
    }

    private static async Task<string> LevelByQuery(TestPortal portal, string id, string body)
    {
        using var answer = await portal.GetAsync(
            $"/{TestPortal.KernelId}/latest.v2?{Convert.ToHexString(Encoding.UTF8.GetBytes(body))}",
            id
        );
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.Content.ReadAsStringAsync(Cancellation);
    }
}
