using System.Net;
using EPortal.Hosting;
using EPortal.Keys;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents;

public sealed class PlainCallTests
{
    private const string Base = "/admin/api/kcare";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_registers_is_known_and_leaves()
    {
        await using var portal = await TestPortal.StartAsync();

        var text = await portal.Http.GetStringAsync($"{Base}/register_server.plain?hostname=web1&key=k", Cancellation);
        text.ShouldMatch("^code:0\nserver_id:[A-Za-z0-9]{16}\n\\z");
        var id = TestPortal.Lines(text)["server_id"];
        (await portal.Http.GetStringAsync($"{Base}/check.plain?server_id={id}", Cancellation)).ShouldBe("code:0\n");
        (
            await portal.Http.GetStringAsync($"{Base}/tag_server.plain?server_id={id}&tag=env:prod;web", Cancellation)
        ).ShouldBe("code:0\n");
        portal.TheServer().Tags.ShouldBe("env:prod;web");
        (await portal.Http.GetStringAsync($"{Base}/tag_server.plain?server_id={id}&tag=", Cancellation)).ShouldBe(
            "code:0\n"
        );
        portal.TheServer().Tags.ShouldBe("");
        (await portal.Http.GetStringAsync($"{Base}/unregister_server.plain?server_id={id}", Cancellation)).ShouldBe(
            "code:0\n"
        );

        foreach (var call in (string[])["check", "unregister_server", "tag_server"])
        {
            (await portal.Http.GetStringAsync($"{Base}/{call}.plain?server_id={id}&tag=", Cancellation)).ShouldBe(
                "code:1\nmessage:no server with this id is registered\n"
            );
        }
    }

    [Fact]
    public async Task The_same_by_POST_of_a_form()
    {
        await using var portal = await TestPortal.StartAsync();

        var registered = await Post(portal, "register_server", ("hostname", "wéb 1"), ("key", "k"));
        registered["code"].ShouldBe("0");
        var id = registered["server_id"];
        portal.TheServer().Facts.Hostname.ShouldBe("wéb 1");
        (await Post(portal, "check", ("server_id", id)))["code"].ShouldBe("0");
        (await Post(portal, "tag_server", ("server_id", id), ("tag", "a;b")))["code"].ShouldBe("0");
        portal.TheServer().Tags.ShouldBe("a;b");
        (await Post(portal, "unregister_server", ("server_id", id)))["code"].ShouldBe("0");
        (await Post(portal, "check", ("server_id", id)))["code"].ShouldBe("1");
    }

    [Theory]
    [InlineData("register_server.plain?hostname=h&key=nope", "2", "key")]
    [InlineData("register_server.plain?hostname=h&key=", "2", "key")]
    [InlineData("register_server.plain?hostname=h", "2", "key")]
    [InlineData("register_server.plain?key=k", "5", "hostname")]
    [InlineData("check.plain", "5", "server_id")]
    [InlineData("unregister_server.plain?server_id=", "5", "server_id")]
    [InlineData("tag_server.plain?tag=x", "5", "server_id")]
    public async Task What_is_missing_or_wrong_is_said_in_a_line(string call, string code, string said)
    {
        await using var portal = await TestPortal.StartAsync();

        var answer = await portal.GetPlainAsync(call);

        answer["code"].ShouldBe(code);
        answer["message"].ShouldContain(said);
        portal.Portal.Servers.CountByKey().Single().Count.ShouldBe(0);
    }

    [Fact]
    public async Task Refusals_have_their_own_codes()
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                RegisterRateLimit = 2,
                RegisterAllowedNetworks = [NetworkRange.ParseOrNull("127.0.0.0/8")!],
            }
        );
        await portal.Portal.Keys.Add(TestPortal.Admin, "one", new KeySettings(ServerLimit: 1));
        const string Call = $"{Base}/register_server.plain?hostname=h&key=one";

        TestPortal.Lines(await portal.Http.GetStringAsync(Call, Cancellation))["code"].ShouldBe("0");
        TestPortal.Lines(await portal.Http.GetStringAsync(Call, Cancellation))["code"].ShouldBe("3");
        using var locked = await portal.GetAsync(Call);
        locked.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        locked.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromMinutes(1));
        var lines = TestPortal.Lines(await locked.Content.ReadAsStringAsync(Cancellation));
        lines["code"].ShouldBe("1");
        lines["message"].ShouldNotBeEmpty();
        using var stranger = await portal.GetAsync(
            Call,
            headers: headers => headers.Add("X-Forwarded-For", "203.0.113.7")
        );
        TestPortal.Lines(await stranger.Content.ReadAsStringAsync(Cancellation))["code"].ShouldBe("4");
    }

    [Fact]
    public async Task Other_methods_are_refused()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();

        foreach (var method in (HttpMethod[])[HttpMethod.Put, HttpMethod.Delete, HttpMethod.Patch])
        {
            using var answer = await portal.SendAsync(method, $"{Base}/unregister_server.plain?server_id={id}");
            answer.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        }

        portal.TheServer().ServerId.ShouldBe(id);
    }

    [Fact]
    public async Task A_body_that_is_no_form_is_not_read()
    {
        await using var portal = await TestPortal.StartAsync();

        using var json = await portal.PostAsync($"{Base}/register_server.plain", """{"hostname":"h","key":"k"}""");
        TestPortal.Lines(await json.Content.ReadAsStringAsync(Cancellation))["code"].ShouldBe("5");

        using var huge = await portal.PostAsync(
            $"{Base}/register_server.plain",
            $"hostname=h&key={new string('k', 100_000)}",
            "application/x-www-form-urlencoded"
        );
        huge.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    private static async Task<IReadOnlyDictionary<string, string>> Post(
        TestPortal portal,
        string call,
        params (string Name, string Value)[] fields
    )
    {
        using var form = new FormUrlEncodedContent(
            fields.Select(field => KeyValuePair.Create(field.Name, field.Value))
        );
        using var answer = await portal.Http.PostAsync($"{Base}/{call}.plain", form, Cancellation);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
        return TestPortal.Lines(await answer.Content.ReadAsStringAsync(Cancellation));
    }
}
