using System.Net;
using System.Text;
using EPortal.Tests.Accounts.Ldap;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Api;

/// <summary>Parameters by query string, form or JSON body alike, and the odd corners that programs rely on.</summary>
public sealed class CarrierTests
{
    private static readonly string s_authority = Authority();
    private static readonly Carrier[] s_carriers = [Carrier.Query, Carrier.Form, Carrier.Multipart, Carrier.Json];

    /// <summary>A call with all its parameters: (method, path, name=value…, what the answer holds).</summary>
    public static TheoryData<string, string, string, string> Calls
    {
        get
        {
            var host = "hostname=web1";
            var data = new TheoryData<string, string, string, string>
            {
                {
                    "GET",
                    "/servers",
                    $"{host}&ip=127.%&service_id=SERVER&feed=main&key=k&registered_age=-1&checkin_age=-1&updated_age=-1h&is_updated=true&status=uptodate&limit=5&offset=0&tag=env:test",
                    "\"count\":1,\"limit\":5"
                },
                { "GET", "/servers", "only_count=true&hostname=w%25", "{\"count\":0}" },
                { "GET", "/servers", "only_count=1&hostname=w%", "{\"count\":1}" },
                { "DELETE", "/servers", "checkin_age=1", "{\"result\":0}" },
                { "POST", "/register", "key=k&hostname=web2", "{\"server_id\":\"" },
                { "POST", "/delete_server", host, "{\"result\":1}" },
                { "POST", "/delete_server", "ip=127.0.0.1", "{\"result\":1}" },
                { "POST", "/delete_server", "server_id=SERVER", "{\"result\":1}" },
                { "POST", "/set_tags", "server_id=SERVER&tags=a;b:c", "{\"result\":\"ok\"}" },
                {
                    "POST",
                    "/feeds",
                    "name=test&auto=true&deploy_after=12&channel=test",
                    "{\"result\":{\"name\":\"test\",\"auto\":true,\"deploy_after\":12,\"channel\":\"test\"}}"
                },
                {
                    "POST",
                    "/keys",
                    "key=new&feed=main&note=some note&server_limit=7&products=kernel&products=user",
                    "{\"result\":{\"key\":\"new\",\"feed\":\"main\",\"note\":\"some note\",\"server_limit\":7,\"products\":[\"kernel\",\"user\"]}}"
                },
                {
                    "GET",
                    "/patchsets",
                    "feed=main&product=kernel&distro=debian12&distro=el9",
                    "\"patchset\":\"K1\",\"status\":\"enabled\""
                },
                { "GET", "/patchsets", "product=user", "{\"result\":[]}" },
                {
                    "POST",
                    "/patchsets/manage",
                    "patchset=K1&feed=main&action=disable&product=kernel",
                    "{\"result\":\"ok\"}"
                },
                {
                    "POST",
                    "/users",
                    "username=eve&password=long enough&description=hers&readonly=true",
                    "\"username\":\"eve\",\"description\":\"hers\",\"readonly\":true"
                },
                { "POST", "/api-keys", "name=backup&expires_days=3", "\"key\":\"ep_" },
                {
                    "GET",
                    "/user-log",
                    "user=ada&action=feed&since=2026-05-01&until=2026-05-01&age=-1&limit=3&offset=0&format=json",
                    "{\"result\":[]}"
                },
                {
                    "POST",
                    "/ldap",
                    "url=ldap://127.0.0.1:1&dn=uid=%s&filter=dc=x??sub?(uid=%s)&ca=CA&bind_dn=cn=x&bind_password=p&user_search=dc=y??sub?(uid=%s)",
                    "{\"url\":\"ldap://127.0.0.1:1\",\"dn\":\"uid=%s\",\"filter\":\"dc=x??sub?(uid=%s)\",\"ca\":\"-----BEGIN"
                },
                {
                    "POST",
                    "/ldap/test",
                    "username=ada&password=x&url=ldap://127.0.0.1:1&dn=uid=%s&filter=dc=x??sub?(uid=%s)&ca=CA&bind_dn=cn=x&bind_password=p&user_search=dc=y??sub?(uid=%s)",
                    "{\"result\":[{\"step\":\"connect\",\"ok\":false"
                },
                {
                    "POST",
                    "/source",
                    "url=PORTAL&user=me&password=x&distros=debian12&distros=el9",
                    "\"user\":\"me\",\"has_password\":true,\"distros\":[\"debian12\",\"el9\"]"
                },
                {
                    "POST",
                    "/source/test",
                    "url=PORTAL&user=me&password=x&distros=debian12",
                    "{\"result\":{\"ok\":false"
                },
                { "GET", "/kcare/patchset.json", "key=k", "\"kernel_id\":\"aaaa" },
            };
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Each_parameter_travels_by_each_of_them(
        string method,
        string path,
        string parameters,
        string holds
    )
    {
        await using var api = await ApiCaller.StartAsync();
        foreach (var carrier in s_carriers)
        {
            var server = await Furnish(api);
            var values = parameters
                .Split('&')
                .Select(one => one.Split('=', 2))
                .Select(one =>
                    (
                        one[0],
                        one[1] switch
                        {
                            "SERVER" => server,
                            "CA" => s_authority,
                            "PORTAL" => $"{api.Portal.Address}nothing/",
                            var value => value,
                        }
                    )
                )
                .ToArray();

            var answer = await api.Call(method, path, carrier, ApiCaller.Admin, values);

            answer.Status.ShouldBe(HttpStatusCode.OK, $"{carrier}: {answer.Text}");
            answer.Text.ShouldContain(holds, Case.Sensitive, carrier.ToString());
            answer.Type.ShouldBe("application/json");
            await api.Delete("/keys/k");
        }
    }

    [Fact]
    public async Task Each_parameter_of_each_call_is_in_that_table()
    {
        await using var api = await ApiCaller.StartAsync();
        var told = Calls
            .Select(call => call.Data)
            .GroupBy(call => $"{call.Item1} {call.Item2}")
            .ToDictionary(
                group => group.Key,
                group =>
                    group
                        .SelectMany(call => call.Item3.Split('&'))
                        .Select(one => one.Split('=')[0])
                        .ToHashSet(StringComparer.Ordinal)
            );

        foreach (var (method, path, parameters) in ApiCalls.Of(api.Portal))
            parameters
                .Where(name => !told.GetValueOrDefault($"{method} {path}", []).Contains(name))
                .ShouldBeEmpty($"{method} {path}");
    }

    [Theory]
    [InlineData("/feeds")]
    [InlineData("/feeds/")]
    [InlineData("/keys/")]
    [InlineData("/users/")]
    [InlineData("/patchsets/")]
    [InlineData("/servers/")]
    public async Task A_slash_at_the_end_does_not_matter(string path)
    {
        await using var api = await ApiCaller.StartAsync();
        (await api.Get(path)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_post_may_come_without_any_body()
    {
        await using var api = await ApiCaller.StartAsync();
        var server = await Furnish(api);

        var raw = await RawHttp.SendAsync(
            api.Portal.Address,
            Encoding.ASCII.GetBytes(
                $"POST /admin/api/set_tags/?server_id={server}&tags=x HTTP/1.1\r\nHost: localhost\r\nAuthorization: {TestPortal.Basic($"{ApiCaller.Admin}:{ApiCaller.Password}")}\r\nConnection: close\r\n\r\n"
            )
        );

        raw.Text.ShouldContain("{\"result\":\"ok\"}");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    [InlineData("")]
    public async Task An_empty_body_of_any_type_gives_nothing(string type)
    {
        await using var api = await ApiCaller.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/api/feeds?name=test");
        request.Headers.Authorization = TestPortal.Basic($"{ApiCaller.Admin}:{ApiCaller.Password}");
        request.Content = new ByteArrayContent([]);
        if (type.Length > 0)
            request.Content.Headers.ContentType = new(type);

        (await api.Send(request)).Result.GetProperty("name").GetString().ShouldBe("test");
    }

    [Fact]
    public async Task Values_of_several_carriers_come_together()
    {
        await using var api = await ApiCaller.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/api/keys?key=new&products=user")
        {
            Content = new StringContent(
                """{"server_limit": 3, "products": ["kernel"], "note": null}""",
                Encoding.UTF8,
                "application/json"
            ),
        };
        request.Headers.Authorization = TestPortal.Basic($"{ApiCaller.Admin}:{ApiCaller.Password}");

        var made = (await api.Send(request)).Result;

        made.GetProperty("server_limit").GetInt64().ShouldBe(3);
        made.GetProperty("products")
            .EnumerateArray()
            .Select(one => one.GetString())
            .ShouldBe(["kernel", "user"], ignoreOrder: true);
    }

    [Fact]
    public async Task JSON_may_hold_numbers_and_truth_as_such()
    {
        await using var api = await ApiCaller.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/api/feeds")
        {
            Content = new StringContent(
                """{"name": "test", "auto": true, "deploy_after": 24}""",
                Encoding.UTF8,
                "application/json"
            ),
        };
        request.Headers.Authorization = TestPortal.Basic($"{ApiCaller.Admin}:{ApiCaller.Password}");

        (await api.Send(request)).Text.ShouldBe(
            """{"result":{"name":"test","auto":true,"deploy_after":24,"channel":"default"}}"""
        );
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("7")]
    [InlineData("{\"name\": {\"a\": 1}}")]
    [InlineData("{\"name\": [[\"a\"]]}")]
    [InlineData("{\"name\": \"a\"")]
    [InlineData("nonsense")]
    [InlineData("{\"name\": \"a\", \"name\": \"b\"}")]
    [InlineData("{\"name\": \"\\ud800\"}")]
    [InlineData("{\"\\ud800\": \"x\", \"name\": \"a\"}")]
    public async Task A_body_that_is_not_what_it_says_is_refused(string body)
    {
        await using var api = await ApiCaller.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/api/feeds")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = TestPortal.Basic($"{ApiCaller.Admin}:{ApiCaller.Password}");

        (await api.Send(request)).ShouldBeError(HttpStatusCode.BadRequest, "bad-request");
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF_8_are_refused()
    {
        await using var api = await ApiCaller.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/api/register")
        {
            Content = new ByteArrayContent([.. "{\"key\": \""u8, 0xFF, .. "\"}"u8]),
        };
        request.Content.Headers.ContentType = new("application/json");

        (await api.Send(request)).ShouldBeError(HttpStatusCode.BadRequest, "bad-request");
    }

    /// <summary>
    /// What Chef's <c>http_request</c> sends of itself, in old versions as JSON and in newer ones bare.
    /// </summary>
    [Theory]
    [InlineData("application/json", "\"kernelcare-unregister-api\"")]
    [InlineData("application/json", "null")]
    [InlineData("application/x-www-form-urlencoded", "kernelcare-unregister-api")]
    public async Task A_body_that_is_a_text_alone_gives_nothing(string type, string body)
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.RegisterAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/api/delete_server?ip=127.0.0.1")
        {
            Content = new StringContent(body, Encoding.UTF8, type),
        };
        request.Headers.Authorization = TestPortal.Basic($"{ApiCaller.Admin}:{ApiCaller.Password}");

        (await api.Send(request)).Text.ShouldBe("""{"result":1}""");
    }

    [Fact]
    public async Task What_is_no_call_is_said_in_the_apis_own_form()
    {
        await using var api = await ApiCaller.StartAsync();
        (await api.Get("/nothing")).ShouldBeError(HttpStatusCode.NotFound, "not-found");
        (await api.Call("PUT", "/feeds", Carrier.Query, ApiCaller.Admin)).ShouldBeError(
            HttpStatusCode.MethodNotAllowed,
            "method-not-allowed"
        );
    }

    private static string Authority()
    {
        using var certificates = new TestCertificates();
        return certificates.Pem;
    }

    /// <summary>A patchset on main, and a host that runs it and has a tag; returns its id.</summary>
    private static async Task<string> Furnish(ApiCaller api)
    {
        var portal = api.Portal;
        await portal.Portal.Keys.Save(TestPortal.Admin, TestPortal.Key, new EPortal.Keys.KeySettings());
        if (portal.Portal.Rollout.List("main", EPortal.Format.Product.Kernel).Count == 0)
            await portal.DeployAsync("K1", 1);
        await portal.Portal.Rollout.Enable(
            TestPortal.Admin,
            EPortal.Format.Product.Kernel,
            "K1",
            "main",
            TestContext.Current.CancellationToken
        );
        var server = await portal.RegisterAsync();
        using var first = await portal.CheckInAsync(TestPortal.Facts(server));
        using var second = await portal.CheckInAsync(
            TestPortal.Facts(server) with
            {
                PatchLevel = 1,
                Tags = "env:test",
            }
        );
        second.StatusCode.ShouldBe(HttpStatusCode.OK);
        await api.Delete("/feeds/test");
        return server;
    }
}
