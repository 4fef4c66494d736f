using System.Net;
using System.Text;
using System.Text.Json;
using EPortal.Tests.Cli;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents;

/// <summary>
/// Hostile text in every field of a check-in: stored bounded or refused, shown so that it does nothing.
/// </summary>
[Trait("threat", "G12")]
public sealed class HostileCheckInTextTests
{
    private const string Call = "/admin/api/kcare/checkin";

    private const string Marker = "g12-was-here";

    private static readonly string[] TextFields =
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
        "tags",
        "sticky_patchset",
        "last_update.message",
    ];

    /// <summary>Text that may be kept, because it is harmless as long as it stays text.</summary>
    private static readonly string[] Payloads =
    [
        $"<script>alert('{Marker}')</script>",
        $"'; DROP TABLE server; --{Marker}",
        $"=HYPERLINK(\"http://evil.example/{Marker}\")",
        $"{Marker}%0Ainfo: forged",
        "\u202Emoc.elpmaxe\u202C",
        "\u2028second line\u2029third",
        "a\u200Bb\uFEFFc",
        "$(reboot) `reboot` ${IFS}",
        "{{7*7}} %s %n \\ \" |",
        "\u0130\u0131ẞ👩‍👩‍👧\U0001F4A9",
        "+1",
        "-1",
        "@cmd",
    ];

    public static TheoryData<string> Fields => new(TextFields);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_megabyte_in_a_field_is_refused_and_less_is_dropped(string field)
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();

        using (var answer = await portal.PostAsync(Call, Body(id, field, new string('x', 1024 * 1024))))
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
            (await answer.Content.ReadAsStringAsync(Cancellation)).Length.ShouldBeLessThan(500);
        }

        portal.TheServer().Checkin.ShouldBeNull();
        using (var answer = await portal.PostAsync(Call, Body(id, field, new string('x', 60_000))))
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        ShouldBeDropped(portal, id, field);
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task Control_characters_are_not_kept(string field)
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();

        foreach (var c in "\0\a\b\t\n\r\u001b\u007f\u0085\u009b")
        {
            using var answer = await portal.PostAsync(Call, Body(id, field, $"a{c}b"));
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, $"{field} with {(int)c:x2}");
            ShouldBeDropped(portal, id, field);
        }
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task Text_of_a_wrong_kind_or_broken_Unicode_is_not_kept(string field)
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();

        foreach (var json in (string[])["true", "[]", "{}", "[\"a\"]", "\"\\ud800\"", "\"\\udc00x\""])
        {
            using var answer = await portal.PostAsync(Call, BodyJson(id, field, json));
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, $"{field} {json}");
            ShouldBeDropped(portal, id, field);
        }

        // Bytes that are no UTF-8.
        var bytes = Encoding.Latin1.GetBytes(BodyJson(id, field, "\"\u00ff\u00fe\u00c0\u00af\""));
        using var raw = await portal.Http.PostAsync(Call, new ByteArrayContent(bytes), Cancellation);
        raw.StatusCode.ShouldBe(HttpStatusCode.OK);
        ShouldBeDropped(portal, id, field);
        portal.Log.ShouldAllBe(line => !line.Contains("unhandled"));
    }

    [Fact]
    public async Task Deep_nesting_and_many_members_are_bounded()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        string[] refused =
        [
            BodyJson(id, "hostname", new string('[', 10_000) + new string(']', 10_000)),
            $"{{\"server_id\":\"{id}\",\"x\":{string.Concat(Enumerable.Repeat("{\"a\":", 5_000))}1{new string('}', 5_000)}}}",
            new string('[', 60_000),
        ];

        foreach (var body in refused)
        {
            using var answer = await portal.PostAsync(Call, body);
            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            (await answer.Content.ReadAsByteArrayAsync(Cancellation)).Length.ShouldBeLessThan(500);
        }

        portal.TheServer().Checkin.ShouldBeNull();
    }

    [Fact]
    public async Task A_member_named_by_the_caller_is_not_repeated()
    {
        await using var portal = await TestPortal.StartAsync();

        foreach (var end in (string[])["}", "", "},"])
        {
            using var answer = await portal.PostAsync(
                Call,
                $$"""{"<script>{{Marker}}</script>": {"a":1}, "last_update":{"<b>":1,"level":"{{Marker}}"}{{end}}"""
            );

            answer.StatusCode.ShouldBe(end == "}" ? HttpStatusCode.Unauthorized : HttpStatusCode.BadRequest);
            (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldNotContain(Marker);
        }

        var id = await portal.RegisterAsync();
        (
            await portal.PostAsync(Call, $$"""{"server_id":"{{id}}","<b>{{Marker}}":1,"uptime":"{{Marker}}"}""")
        ).Dispose();
        portal.Portal.Servers.History(id, 1).ShouldHaveSingleItem().Became.ShouldNotContain(Marker);
    }

    [Fact]
    public async Task Whatever_text_is_kept_comes_back_as_that_text_and_moves_nothing()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        var cli = portal.CommandLine();

        foreach (var payload in Payloads)
        {
            foreach (var field in TextFields)
            {
                using var answer = await portal.PostAsync(Call, Body(id, field, payload));
                answer.StatusCode.ShouldBe(HttpStatusCode.OK, $"{field} {payload}");
            }

            var facts = Body(id, "hostname", payload);
            using (var answer = await portal.PostAsync(Call, facts))
                answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            var table = (await cli.RunAsync(["server", "list"])).Out;
            table.TrimEnd('\n').Split('\n').Length.ShouldBe(3, $"title, rule and one server: {payload}");
            ShouldBeInert(table);
            ShouldBeInert((await cli.RunAsync(["server", "history", id])).Out);
            using var json = JsonDocument.Parse((await cli.RunAsync(["server", "list", "--json"])).Out);
            json.RootElement.EnumerateArray()
                .ShouldHaveSingleItem()
                .GetProperty("hostname")
                .GetString()
                .ShouldBe(payload);
        }

        portal.Portal.Servers.CountByKey().Single().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Json_of_the_command_line_cannot_close_a_script_or_steer_a_terminal()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        using (await portal.PostAsync(Call, Body(id, "hostname", "</script>\u202E\u2028\u0130"))) { }

        var output = (await portal.CommandLine().RunAsync(["server", "list", "--json"])).Out;

        output.ShouldNotContain("</script>");
        ShouldBeInert(output);
    }

    [Fact]
    public async Task A_framed_table_of_a_terminal_is_as_safe()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();
        using (await portal.PostAsync(Call, Body(id, "hostname", "[red]x[/] [link=http://evil.example]y[/]\u202E"))) { }

        var (exit, output, _) = await portal.CommandLine(isTerminal: true, width: 300).RunAsync(["server", "list"]);

        exit.ShouldBe(0);
        output.ShouldContain("[red]x[/] [link=http://evil.example]y[/]\\u202e");
        ShouldBeInert(output);
    }

    [Fact]
    public async Task The_same_at_registration_and_tagging()
    {
        await using var portal = await TestPortal.StartAsync();
        const string Base = "/admin/api/kcare";
        foreach (var bad in (string[])[new string('x', 257), "a%0Ab", "a%0Db", "a%00b", "a%1Bb"])
        {
            var answer = await portal.GetPlainAsync($"register_server.plain?key=k&hostname={bad}");
            answer["code"].ShouldBe("0");
            portal.TheServer().Facts.Hostname.ShouldBe("127.0.0.1");
            await portal.GetPlainAsync($"unregister_server.plain?server_id={answer["server_id"]}");
        }

        var id = await portal.RegisterAsync("<script>");
        foreach (var bad in (string[])[new string('x', 1025), "a%0Acode:0", "a%00"])
        {
            var text = await portal.Http.GetStringAsync(
                $"{Base}/tag_server.plain?server_id={id}&tag={bad}",
                Cancellation
            );
            text.ShouldStartWith("code:5\nmessage:");
            text.Count(c => c == '\n').ShouldBe(2);
        }

        using (
            var huge = await portal.PostAsync(
                $"{Base}/tag_server.plain",
                $"server_id={id}&tag={new string('x', 1024 * 1024)}",
                "application/x-www-form-urlencoded"
            )
        )
            huge.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        using (
            var long1 = await portal.GetAsync($"{Base}/tag_server.plain?server_id={id}&tag={new string('x', 30_000)}")
        )
            ((int)long1.StatusCode).ShouldBeOneOf(414, 431);
        portal.TheServer().Tags.ShouldBe("");
    }

    [Fact]
    public async Task No_line_of_the_log_holds_what_a_host_said()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync(Marker);
        foreach (var field in TextFields)
        {
            using var kept = await portal.PostAsync(Call, Body(id, field, Marker));
            using var refused = await portal.PostAsync(Call, Body(id, field, $"{Marker}\nforged"));
        }

        using var wrong = await portal.PostAsync(Call, $"{Marker}\nforged");
        await RawHttp.GetAsync(portal.Address, $"/{Marker}%0Aforged");
        await RawHttp.GetAsync(portal.Address, "/healthz", $"X-{Marker}: a\r\n forged");

        portal.Log.ShouldAllBe(
            line => !line.Contains(Marker) || line.Contains("Request"),
            "only the server's own debug lines may"
        );
        portal.Log.Where(line => line.Contains(Marker)).ShouldAllBe(line => !line.TrimEnd().Contains('\n'));
    }

    /// <summary>It was told that the field was dropped, and nothing else was.</summary>
    private static void ShouldBeDropped(TestPortal portal, string id, string field)
    {
        var told = portal.Portal.Servers.History(id, 1).ShouldHaveSingleItem();
        (told.What, told.Became.Split(' ')[0]).ShouldBe(("dropped", field));
        var server = portal.TheServer();
        (server.Facts.KernelId, server.Tags).ShouldBe((TestPortal.KernelId, ""));
        foreach (
            var text in new[]
            {
                server.Facts.Release,
                server.Facts.Euname,
                server.Facts.PatchType,
                server.Facts.Version,
                server.Facts.Virt,
                server.Facts.KcareVersion,
                server.Facts.Distro,
                server.Facts.Machine,
            }
        )
            text.ShouldBe("");
    }

    private static string Body(string id, string field, string value) =>
        BodyJson(id, field, JsonSerializer.Serialize(value));

    private static string BodyJson(string id, string field, string json) =>
        field == "last_update.message"
            ? $$"""{"server_id":"{{id}}","kernel_id":"{{TestPortal.KernelId}}","last_update":{"result":"failed","level":1,"message":{{json}} } }"""
            : $$"""{"server_id":"{{id}}","kernel_id":"{{TestPortal.KernelId}}","{{field}}":{{json}} }""";

    /// <summary>Nothing that moves a cursor, hides or turns round text.</summary>
    private static void ShouldBeInert(string output) =>
        output.ShouldAllBe(c =>
            c == '\n'
            || !(
                char.IsControl(c)
                || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format
                || c == '\u2028'
                || c == '\u2029'
            )
        );
}
