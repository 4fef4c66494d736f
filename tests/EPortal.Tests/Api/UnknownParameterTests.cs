using System.Net;
using EPortal.Servers.Search;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Api;

/// <summary>
/// A parameter that no call has may have been meant to limit what is changed: such calls are refused.
/// </summary>
public sealed class UnknownParameterTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("DELETE", "/servers", "checkin_age=1&feed=nosuch", "feed")]
    [InlineData("GET", "/servers", "hostnam=x", "hostnam")]
    [InlineData("POST", "/users", "username=eve&password=abcdef&read_only=true", "read_only")]
    [InlineData("POST", "/keys", "kee=zz5", "kee")]
    [InlineData("POST", "/feeds", "name=late&deploy_afer=48", "deploy_afer")]
    [InlineData("POST", "/api-keys", "name=x&expires=1", "expires")]
    [InlineData("POST", "/source", "urll=http://x", "urll")]
    [InlineData("DELETE", "/keys/k", "really=1", "really")]
    public async Task It_is_named_and_nothing_is_changed(string method, string path, string parameters, string unknown)
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.RegisterAsync();
        api.Portal.Time.Advance(TimeSpan.FromDays(3));
        var before = api.Portal.Portal.Database.Read(session => EPortal.Data.Node.Read(session).Revision);
        (string, string)[] given = [.. parameters.Split('&').Select(one => (one.Split('=')[0], one.Split('=')[1]))];

        foreach (var carrier in method == "POST" ? Enum.GetValues<Carrier>() : [Carrier.Query])
        {
            var answer = await api.Call(method, path, carrier, ApiCaller.Admin, given);
            answer.ShouldBeError(HttpStatusCode.BadRequest, "bad-request");
            answer.Json.GetProperty("message").GetString()!.ShouldStartWith($"unknown parameter '{unknown}'");
        }

        api.Portal.Portal.Database.Read(session => EPortal.Data.Node.Read(session).Revision).ShouldBe(before);
        api.Portal.Portal.Servers.List(new ServerQuery(), api.Portal.Portal.Offers).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Tags_are_changed_only_by_the_parameter_of_their_name()
    {
        await using var api = await ApiCaller.StartAsync();
        var id = await api.Portal.RegisterAsync();
        (await api.Post("/set_tags", ("server_id", id), ("tags", "a;b"))).Status.ShouldBe(HttpStatusCode.OK);

        (await api.Post("/set_tags", ("server_id", id), ("tag", "new"))).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await api.Portal.GetPlainAsync($"tag_server.plain?server_id={id}&tags=z"))["code"].ShouldNotBe("0");
        api.Portal.TheServer().Tags.ShouldBe("a;b");

        (await api.Portal.GetPlainAsync($"tag_server.plain?server_id={id}&tag="))["code"].ShouldBe("0");
        api.Portal.TheServer().Tags.ShouldBe("");
    }

    [Fact]
    public async Task A_body_of_null_is_no_empty_one()
    {
        await using var api = await ApiCaller.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/api/keys")
        {
            Content = new StringContent("null", null, "application/json"),
        };
        request.Headers.Authorization = TestPortal.Basic($"{ApiCaller.Admin}:{ApiCaller.Password}");

        (await api.Send(request)).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Saving_a_user_four_times_at_once_makes_one()
    {
        await using var api = await ApiCaller.StartAsync();

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => api.Post("/users", ("username", "same"), ("password", "abcdef")))
        );

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_host_keeps_its_name_while_it_tells_none_that_can_be_kept()
    {
        await using var api = await ApiCaller.StartAsync();
        var id = await api.Portal.RegisterAsync("goodname");
        foreach (var hostname in (string[])[",\"hostname\":\"a\\tb\"", "", ",\"hostname\":\"\""])
        {
            using var answer = await api.Portal.PostAsync(
                "/admin/api/kcare/checkin",
                $$"""{"server_id":"{{id}}","kernel_id":"{{TestPortal.KernelId}}"{{hostname}}}"""
            );
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            api.Portal.TheServer().Facts.Hostname.ShouldBe("goodname", hostname);
        }
    }

    [Fact]
    public async Task An_odd_host_name_does_not_keep_a_host_from_registering()
    {
        await using var api = await ApiCaller.StartAsync();

        var answer = await api.Call(
            "POST",
            "/register",
            Carrier.Json,
            null,
            ("key", TestPortal.Key),
            ("hostname", "a\tb")
        );

        answer.Status.ShouldBe(HttpStatusCode.OK);
        api.Portal.TheServer().Facts.Hostname.ShouldBe("127.0.0.1");
    }

    [Theory]
    [InlineData("localhost:99999")]
    [InlineData("localhost:65536")]
    [InlineData("a..b")]
    public async Task Hosts_that_cannot_be_come_into_no_script(string host)
    {
        await using var portal = await TestPortal.StartAsync();

        using var answer = await portal.GetAsync(
            "/install-kernelcare",
            headers: headers => headers.TryAddWithoutValidation("Host", host)
        );

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldNotContain("#!/");
    }
}
