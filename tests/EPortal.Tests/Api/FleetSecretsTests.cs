using System.Net;
using EPortal.Keys;
using EPortal.Tests.Agents;
using EPortal.Tests.WebConsole;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Api;

/// <summary>
/// Server ids and registration keys: admins see them, read-only users see them in calls of the API alone.
/// </summary>
public sealed class FleetSecretsTests
{
    private const string Secret = "Zx81-secret-key";
    private const string Other = "Zx82-without-a-note";

    [Fact]
    public async Task No_page_and_no_csv_shows_them_to_a_reader()
    {
        await using var visitors = await Visitors.StartAsync();
        var serverId = await FillAsync(visitors.Portal);
        var server = visitors.Portal.TheServer();
        var key = visitors.Portal.Portal.Keys.List().Single(key => key.Name == Secret);
        var pages = ConsoleRoutesTable
            .Lines.Where(line => line.Method == "GET")
            .Select(line =>
                line.Path switch
                {
                    "/admin/servers/{id}" => $"/admin/servers/{server.Id}",
                    "/admin/keys/{key}" => $"/admin/keys/{key.Id}",
                    "/admin/feeds/{name}" => "/admin/feeds/main",
                    "/admin/users/{name}" => $"/admin/users/{ApiCaller.Reader}",
                    var path => path,
                }
            )
            .Where(path => !path.Contains('{'))
            .Append($"/admin/servers?key={key.Id}")
            .Append("/admin/servers?sort=key")
            .Append("/admin/api/user-log?format=csv")
            .ToList();
        pages.Count.ShouldBeGreaterThan(20);

        foreach (var path in pages)
        {
            using var answer = await visitors.Reader.GetAsync(path);
            var page = WebUtility.HtmlDecode(await Visitors.TextOf(answer));
            page.ShouldNotContain(serverId, Case.Insensitive, path);
            page.ShouldNotContain(Secret, Case.Insensitive, path);
            page.ShouldNotContain(Other, Case.Insensitive, path);
        }

        (await visitors.Reader.StatusAsync($"/admin/keys/{Secret}")).ShouldBe(HttpStatusCode.NotFound);
        (await visitors.Admin.TextAsync($"/admin/servers/{server.Id}")).ShouldContain(serverId);
        (await visitors.Admin.TextAsync("/admin/servers/export")).ShouldContain(
            $"{serverId},web1,127.0.0.1,unsupported,{Secret},main"
        );
        (await visitors.Admin.TextAsync("/admin/log")).ShouldContain(Secret);
        (await visitors.Admin.TextAsync("/admin/api/user-log?format=csv")).ShouldContain(Secret);
    }

    [Fact]
    public async Task A_reader_finds_the_servers_of_a_key_by_what_is_shown_of_it()
    {
        await using var visitors = await Visitors.StartAsync();
        await FillAsync(visitors.Portal);
        var server = visitors.Portal.TheServer();
        var key = visitors.Portal.Portal.Keys.List().Single(key => key.Name == Secret);

        var list = await visitors.Reader.TextAsync("/admin/servers");
        list.ShouldContain($"<a href=\"/admin/servers?key={key.Id}\">the web hosts</a>");
        (await visitors.Reader.TextAsync($"/admin/servers?key={key.Id}")).ShouldContain($"/admin/servers/{server.Id}");
        (await visitors.Reader.TextAsync($"/admin/servers/{server.Id}")).ShouldContain(
            $"<a href=\"/admin/servers?key={key.Id}\">the web hosts</a>"
        );
        var keys = await visitors.Reader.TextAsync("/admin/keys");
        keys.ShouldContain($"href=\"/admin/keys/{key.Id}\"");
        keys.ShouldContain(
            $"<code>key {visitors.Portal.Portal.Keys.List().Single(one => one.Name == Other).Id}</code>"
        );
        (await visitors.Reader.TextAsync($"/admin/keys/{key.Id}")).ShouldContain("the web hosts");
        foreach (var guess in (string[])[Secret, Other, "no-such-key"])
        {
            (await visitors.Reader.TextAsync($"/admin/servers?key={guess}")).ShouldContain("No server matches");
            (await visitors.Reader.TextAsync($"/admin/servers/export?key={guess}"))
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .ShouldHaveSingleItem();
        }

        (await visitors.Admin.TextAsync($"/admin/servers?key={Secret}")).ShouldContain($"/admin/servers/{server.Id}");
        (await visitors.Reader.TextAsync("/admin/servers/export")).ShouldContain(
            ",web1,127.0.0.1,unsupported,the web hosts,main"
        );
        (await visitors.Reader.TextAsync("/admin/docs")).ShouldContain("kcarectl --register KEY");
    }

    [Fact]
    public async Task Calls_of_the_api_keep_their_shape()
    {
        await using var api = await ApiCaller.StartAsync();
        var serverId = await FillAsync(api.Portal);

        var row = (await api.Call("GET", "/servers", Carrier.Query, ApiCaller.Reader)).Result[0];

        row.GetProperty("id").GetString().ShouldBe(serverId);
        row.GetProperty("key").GetString().ShouldBe(Secret);
        (await api.Call("GET", "/keys", Carrier.Query, ApiCaller.Reader)).Text.ShouldContain(Secret);
    }

    [Fact]
    public async Task A_setting_hides_them_from_the_calls_of_readers_too()
    {
        await using var api = await ApiCaller.StartAsync(settings => settings with { HideSecretsFromReaders = true });
        var serverId = await FillAsync(api.Portal);

        foreach (var path in (string[])["/servers", "/keys", "/user-log", "/user-log?format=csv"])
        {
            var text = (await api.Call("GET", path, Carrier.Query, ApiCaller.Reader)).Text;
            text.ShouldNotContain(serverId, Case.Insensitive, path);
            text.ShouldNotContain(Secret, Case.Insensitive, path);
            text.ShouldNotContain(Other, Case.Insensitive, path);
        }

        var row = (await api.Call("GET", "/servers", Carrier.Query, ApiCaller.Reader)).Result[0];
        (
            row.GetProperty("id").GetString(),
            row.GetProperty("key").GetString(),
            row.GetProperty("hostname").GetString()
        ).ShouldBe(("", "", "web1"));
        (await api.Call("GET", "/servers", Carrier.Query, ApiCaller.Reader, ("key", Secret))).ShouldBeError(
            HttpStatusCode.Forbidden,
            "forbidden"
        );
        (await api.Call("GET", "/servers", Carrier.Query, ApiCaller.Reader, ("service_id", serverId))).ShouldBeError(
            HttpStatusCode.Forbidden,
            "forbidden"
        );
        (await api.Get("/servers")).Result[0].GetProperty("id").GetString().ShouldBe(serverId);
        (await api.Get("/keys")).Text.ShouldContain(Secret);
        (await api.Get("/user-log")).Text.ShouldContain(Secret);
        await api.Portal.Portal.Keys.Add(TestPortal.Admin, "DELKEY22", new KeySettings());
        (await api.Delete("/keys/DELKEY22")).Status.ShouldBe(HttpStatusCode.OK);
        (await api.Call("GET", "/user-log", Carrier.Query, ApiCaller.Reader)).Text.ShouldNotContain(
            "DELKEY22",
            Case.Insensitive,
            "deleted, and still in scripts"
        );
        // Who has a key needs no account to ask for its servers, as before.
        (await api.Call("GET", $"/kcare/nagios/{Secret}", Carrier.Query, null)).Text.ShouldContain("unsupported=1");
    }

    /// <summary>
    /// Two keys and a host with the first of them, moved there so that the user log tells of it; returns its id.
    /// </summary>
    private static async Task<string> FillAsync(TestPortal portal)
    {
        await portal.Portal.Keys.Add(TestPortal.Admin, Secret, new KeySettings(Note: "the web hosts"));
        await portal.Portal.Keys.Add(TestPortal.Admin, Other, new KeySettings());
        var serverId = await portal.RegisterAsync("web1", TestPortal.Key);
        (await portal.CheckInAsync(TestPortal.Facts(serverId))).Dispose();
        var bulk = new EPortal.Servers.ServerBulk(
            portal.Portal.Database,
            portal.Portal.Log,
            portal.Portal.Offers,
            portal.Time
        );
        await bulk.Move(TestPortal.Admin, [portal.TheServer().Id], Secret);
        return serverId;
    }
}
