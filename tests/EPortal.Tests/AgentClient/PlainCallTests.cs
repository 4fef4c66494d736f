using EPortal.AgentClient;
using EPortal.AgentClient.Wire;
using EPortal.Format;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace EPortal.Tests.AgentClient;

public sealed class PlainCallTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Registration_sends_the_key_in_the_body_and_returns_the_id()
    {
        IFormCollection? form = null;
        await using var server = await StubServer.StartAsync(async c =>
        {
            form = await c.Request.ReadFormAsync(c.RequestAborted);
            await c.Response.WriteAsync("code:0\nserver_id:QWERTYUIOPASDFGH\n");
        });
        (await server.Client().RegisterAsync("web-1", "a key", Cancel)).ShouldBe("QWERTYUIOPASDFGH");
        server.Requests.ShouldBe(["POST /admin/api/kcare/register_server.plain"]);
        form!["hostname"].ToString().ShouldBe("web-1");
        form["key"].ToString().ShouldBe("a key");
    }

    [Theory]
    [InlineData("code:1\n", PortalError.Locked)]
    [InlineData("code:2\r\nmessage:no such key\r\n", PortalError.InvalidKey)]
    [InlineData("code:3\nmessage:full\n", PortalError.ServerLimit)]
    [InlineData("code:4\n", PortalError.AddressNotAllowed)]
    [InlineData("code:17\n", PortalError.Refused)]
    [InlineData("code:0\n", PortalError.BadAnswer)]
    [InlineData("code:0\nserver_id:../../x\n", PortalError.BadAnswer)]
    [InlineData("<html></html>", PortalError.BadAnswer)]
    [InlineData("", PortalError.BadAnswer)]
    public async Task Every_refusal_of_a_registration_has_its_name(string answer, PortalError error)
    {
        await using var server = await StubServer.StartAsync(c => c.Response.WriteAsync(answer));
        (await Should.ThrowAsync<PortalException>(() => server.Client().RegisterAsync("h", "k", Cancel))).Code.ShouldBe(
            error
        );
    }

    [Fact]
    public async Task A_message_reaches_people_on_one_line_without_control_characters()
    {
        await using var server = await StubServer.StartAsync(c =>
            c.Response.WriteAsync("code:9\nmessage:no\u001b[31m way\t" + new string('x', 5000))
        );
        var failure = await Should.ThrowAsync<PortalException>(() => server.Client().TagAsync("ID", "a;b", Cancel));
        failure.Message.ShouldStartWith("the portal refused the tags: no [31m way");
        failure.Message.Any(char.IsControl).ShouldBeFalse();
        failure.Message.Length.ShouldBeLessThan(400);
    }

    [Fact]
    public async Task The_other_calls_go_where_they_belong()
    {
        await using var server = await StubServer.StartAsync(c => c.Response.WriteAsync("code:0\n"));
        var client = server.Client();
        await client.CheckAsync("ID", Cancel);
        await client.TagAsync("ID", "", Cancel);
        await client.UnregisterAsync("ID", Cancel);
        server.Requests.ShouldBe([
            "POST /admin/api/kcare/check.plain",
            "POST /admin/api/kcare/tag_server.plain",
            "POST /admin/api/kcare/unregister_server.plain",
        ]);
    }

    [Theory]
    [InlineData(200, "12\n", 12)]
    [InlineData(404, "", null)]
    public async Task The_latest_level_is_a_number_or_none(int status, string body, int? level)
    {
        await using var server = await StubServer.StartAsync(c =>
        {
            c.Response.StatusCode = status;
            return c.Response.WriteAsync(body);
        });
        (await server.Client().LatestLevelAsync("abc", null, Cancel)).ShouldBe(level);
        (await server.Client().LatestLevelAsync("abc", null, Cancel, version: 1)).ShouldBe(level);
        server.Requests.ShouldBe(["GET /abc/latest.v2", "GET /abc/latest.v1"]);
    }

    [Theory]
    [InlineData(200, "0")]
    [InlineData(200, "-1")]
    [InlineData(200, "<html>")]
    [InlineData(500, "")]
    public async Task An_outage_is_never_taken_for_absence(int status, string body)
    {
        await using var server = await StubServer.StartAsync(c =>
        {
            c.Response.StatusCode = status;
            return c.Response.WriteAsync(body);
        });
        await Should.ThrowAsync<PortalException>(() => server.Client().LatestLevelAsync("abc", null, Cancel));
    }

    [Fact]
    public async Task Facts_ride_in_the_query_as_base64url()
    {
        await using var server = await StubServer.StartAsync(c => c.Response.WriteAsync("1"));
        await server.Client().LatestLevelAsync("abc", new CheckInRequest { Hostname = "ÿ?>" }, Cancel);
        var query = server.Requests.Single().Split('?')[1];
        var json = System.Buffers.Text.Base64Url.DecodeFromChars(query);
        System.Text.Json.JsonSerializer.Deserialize(json, AgentJson.Default.CheckInRequest)!.Hostname.ShouldBe("ÿ?>");
    }

    [Fact]
    public async Task Build_ids_go_to_their_product()
    {
        await using var server = await StubServer.StartAsync(c =>
            c.Response.WriteAsync("""{"patches":[{"build_id":"aa","level":2,"patchset":"U1","files":[]}]}""")
        );
        var answer = await server
            .Client()
            .CheckInAsync(Product.Qemu, new BuildIdsRequest { BuildIds = ["aa"] }, Cancel);
        answer.Patches.Single().Level.ShouldBe(2);
        server.Requests.ShouldBe(["POST /admin/api/kcare/checkin/qemu"]);
    }

    [Fact]
    public async Task An_unknown_server_is_told_from_other_refusals_with_the_portals_words()
    {
        await using var server = await StubServer.StartAsync(c =>
        {
            c.Response.StatusCode = 401;
            return c.Response.WriteAsJsonAsync(
                new ErrorAnswer { Error = ErrorAnswer.UnknownServer, Message = "No server has this id." },
                AgentJson.Default.ErrorAnswer,
                "application/json"
            );
        });
        var failure = await Should.ThrowAsync<PortalException>(() =>
            server.Client().CheckInAsync(new CheckInRequest(), Cancel)
        );
        failure.Code.ShouldBe(PortalError.UnknownServer);
        failure.Message.ShouldEndWith("answered 401: No server has this id.");
    }
}
