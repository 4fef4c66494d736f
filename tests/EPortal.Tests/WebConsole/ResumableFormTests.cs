using System.Net;
using System.Text.RegularExpressions;
using EPortal.Feeds;
using EPortal.Tests.Accounts;
using EPortal.Tests.Accounts.Sso;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using EPortal.WebConsole;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace EPortal.Tests.WebConsole;

/// <summary>
/// A session that ends while somebody fills in a form: what was typed is there again after the login, and nothing was
/// done.
/// </summary>
public sealed partial class ResumableFormTests
{
    private const string Odd = "\"><script>alert(1)</script> & \u00fc \ud83d\ude00";

    [Fact]
    public async Task What_was_typed_is_in_the_form_again_after_the_login()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = await EndedAsync(api);

        using var refused = await browser.PostAsync(
            "/admin/new-user",
            ("username", "eve"),
            ("password", "a typed secret"),
            ("description", Odd),
            ("readonly", "true")
        );
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var login = await TextOf(refused);
        login.ShouldContain("Your session has ended.");
        login.ShouldContain("Enter passwords and choose files again");
        login.ShouldNotContain("a typed secret");
        login.ShouldNotContain("<script>alert");

        using var wrong = await browser.PostAsync(
            "/admin/login",
            [.. Hidden(login, "/admin/login"), ("username", ApiCaller.Admin), ("password", "wrong")]
        );
        using var right = await browser.PostAsync(
            "/admin/login",
            [
                .. Hidden(await TextOf(wrong), "/admin/login"),
                ("username", ApiCaller.Admin),
                ("password", ApiCaller.Password),
            ]
        );
        var back = await TextOf(right);
        back.ShouldContain("Back to the form");
        back.ShouldNotContain("<script>alert");
        api.Portal.Portal.Users.FindOrNull("eve").ShouldBeNull();

        using var again = await browser.PostAsync("/admin/new-user", Hidden(back, "/admin/new-user"));
        var form = WebUtility.HtmlDecode(await TextOf(again));
        form.ShouldContain("Your session expired, so nothing was saved.");
        form.ShouldContain("value=\"eve\"");
        form.ShouldContain($"value=\"{Odd}\"");
        api.Portal.Portal.Users.FindOrNull("eve").ShouldBeNull();

        (
            await browser.PostStatusAsync(
                "/admin/new-user",
                ("username", "eve"),
                ("password", "a typed secret"),
                ("description", Odd),
                ("readonly", "true")
            )
        ).ShouldBe(HttpStatusCode.Redirect);
        api.Portal.Portal.Users.FindOrNull("eve")!.Description.ShouldBe(Odd);
    }

    [Fact]
    public async Task With_single_sign_on_the_way_back_is_in_the_first_tab()
    {
        await using var provider = await FakeProvider.StartAsync(
            new FakeTimeProvider(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero))
        );
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);

        var login = await TextOf(await browser.PostAsync("/admin/api-keys", ("name", "for the backup")));
        await browser.SignOnAsync();
        var form = await TextOf(await browser.PostAsync("/admin/api-keys", Hidden(login, "/admin/api-keys")));

        login.ShouldContain("target=\"_blank\"");
        form.ShouldContain("value=\"for the backup\"");
        api.Portal.Portal.ApiKeys.List(null).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_form_that_is_brought_back_changes_nothing_anywhere()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);
        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);
        await api.Portal.Portal.Keys.Update(TestPortal.Admin, TestPortal.Key, new());
        await api.Portal.RegisterAsync();
        await api.Portal.DeployAsync("p1", 1);
        var server = api
            .Portal.Portal.Servers.List(new EPortal.Servers.Search.ServerQuery(), api.Portal.Portal.Offers)
            .Single();
        var before = Rows.Count(api.Portal, "operation");
        var paths = api
            .Portal.Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Where(route =>
                route.Metadata.GetMetadata<ConsoleRoute>() is not null
                && route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Contains("POST")
            )
            .Select(route =>
                (
                    Path: "/" + route.RoutePattern.RawText!.TrimStart('/'),
                    IsKept: route.Metadata.GetMetadata<ResumesForm>() is { At: null }
                )
            )
            .ToList();
        paths.Count(path => path.IsKept).ShouldBeGreaterThan(10);

        foreach (var (path, isKept) in paths)
        {
            var address = path.Replace(
                    "{id}",
                    path.Contains("servers", StringComparison.Ordinal) ? server.Id : "x",
                    StringComparison.Ordinal
                )
                .Replace("{key}", TestPortal.Key, StringComparison.Ordinal)
                .Replace(
                    "{name}",
                    path.Contains("users", StringComparison.Ordinal) ? ApiCaller.Reader
                        : path.Contains("patchsets", StringComparison.Ordinal) ? "p1"
                        : Feed.Main,
                    StringComparison.Ordinal
                )
                .Replace("{product}", "kernel", StringComparison.Ordinal)
                .Replace("{what}", "add-tags", StringComparison.Ordinal);
            using var answer = await browser.PostAsync(
                address,
                (ResumableForm.Resume, "true"),
                ("name", "changed"),
                ("username", "changed"),
                ("password", "changed"),
                ("key", "changed"),
                ("description", "changed"),
                ("tags", "changed"),
                ("tag", "x"),
                ("to", TestPortal.Key),
                ("what", "add-tags"),
                ("server", server.Id),
                ("url", "ldap://changed"),
                ("dn", "uid=%s"),
                ("sure", "true"),
                ("theme", "dark"),
                ("feed", Feed.Main)
            );
            ((int)answer.StatusCode).ShouldBeInRange(200, 404, address);
            answer.Headers.Location.ShouldBeNull(address);
        }

        // The check-in's own rows aside, nothing was written.
        Rows.Count(api.Portal, "operation").ShouldBe(before);
        api.Portal.Portal.Ldap.SettingsOrNull().ShouldBeNull();
    }

    [Theory]
    [InlineData("/admin/theme")]
    [InlineData("/admin/source/sync")]
    [InlineData("/admin/servers/change/delete?x=y")]
    public async Task Other_actions_lead_back_to_the_page_they_were_on(string path)
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = await EndedAsync(api);

        using var away = await browser.SendAsync(
            HttpMethod.Post,
            path,
            [],
            ("Referer", new Uri(api.Portal.Address, "/admin/servers?q=a").ToString())
        );

        away.Headers.Location!.ToString().ShouldBe("/admin/login?next=%2Fadmin%2Fservers%3Fq%3Da&problem=ended");
    }

    [Theory]
    [InlineData("https://evil.example/admin/x")]
    [InlineData("nonsense")]
    [InlineData("http://127.0.0.1:1/admin/x")]
    public async Task A_page_elsewhere_is_nowhere_to_go_back_to(string referer)
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = await EndedAsync(api);

        using var away = await browser.SendAsync(HttpMethod.Post, "/admin/theme", [], ("Referer", referer));

        away.Headers.Location!.ToString().ShouldBe("/admin/login?problem=ended");
    }

    [Fact]
    public async Task An_upload_cannot_be_kept_and_leads_back_to_its_page()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = await EndedAsync(api);
        using var content = new MultipartFormDataContent
        {
            { new StringContent("kernel"), "product" },
            { new ByteArrayContent(new byte[1000]), "archive", "a.tar" },
        };

        using var away = await browser.SendAsync(
            HttpMethod.Post,
            "/admin/upload-patchset",
            content,
            ("HX-Request", "true"),
            ("HX-Current-URL", new Uri(api.Portal.Address, "/admin/upload-patchset").ToString())
        );

        away.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        away.Headers.GetValues("HX-Redirect")
            .Single()
            .ShouldBe("/admin/login?next=%2Fadmin%2Fupload-patchset&problem=ended");
    }

    [Fact]
    public async Task A_part_of_a_page_makes_room_for_the_login()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = await EndedAsync(api);

        using var login = await browser.SendAsync(
            HttpMethod.Post,
            "/admin/source/test",
            [("url", "https://patches.example/"), ("password", "a typed secret")],
            ("HX-Request", "true")
        );

        login.Headers.GetValues("HX-Retarget").Single().ShouldBe("body");
        var text = await TextOf(login);
        text.ShouldNotContain("a typed secret");
        ResumableForm
            .ParseOrNull(Hidden(text, "/admin/login").Single(one => one.Name == "kept").Value)!
            .Address.ShouldBe("/admin/source");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"Address":"https://evil.example/","Values":[{"Name":"a","Text":"b"}]}""")]
    [InlineData("""{"Address":"/admin/../evil","Values":[{"Name":"a","Text":"b"}]}""")]
    [InlineData("""{"Address":"/admin/x","Values":[{"Name":"password","Text":"b"}]}""")]
    [InlineData("""{"Address":"/admin/x","Values":[]}""")]
    [InlineData("""{"Address":"/admin/x","Values":[null]}""")]
    [InlineData("""{"Address":"/admin/x","Values":[{"Name":"a"}]}""")]
    [InlineData("""{"Address":null,"Values":null}""")]
    public async Task What_was_made_up_leads_nowhere_else(string kept)
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);

        using var login = await browser.PostAsync(
            "/admin/login",
            ("username", ApiCaller.Admin),
            ("password", ApiCaller.Password),
            ("kept", kept)
        );

        login.Headers.Location!.ToString().ShouldBe("/admin");
    }

    [Fact]
    public async Task A_form_without_bounds_is_not_kept()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = await EndedAsync(api);

        using var large = await browser.PostAsync("/admin/new-user", ("description", new string('x', 200_000)));
        large.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        using var many = await browser.PostAsync(
            "/admin/new-user",
            [.. Enumerable.Range(0, 2000).Select(number => ("x", $"{number}"))]
        );
        many.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Another_site_can_neither_plant_a_form_nor_bring_one_back()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal) { Origin = "https://evil.example" };

        (await browser.PostStatusAsync("/admin/new-user", ("username", "eve"))).ShouldBe(HttpStatusCode.Forbidden);
        (
            await browser.PostStatusAsync("/admin/new-user", (ResumableForm.Resume, "true"), ("username", "eve"))
        ).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Every_field_for_a_secret_is_known_as_one()
    {
        var fields = new List<string>();
        foreach (
            var file in Directory
                .EnumerateFiles(Path.Combine(Repository.Root, "src/EPortal"), "*.razor", SearchOption.AllDirectories)
                .Where(path => !path.Contains("node_modules", StringComparison.Ordinal))
        )
            fields.AddRange(
                SecretField()
                    .Matches(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))
                    .Select(match => match.Groups[1].Value)
            );

        fields.ShouldContain("bind_password");
        fields.ShouldAllBe(name =>
            ResumableForm.ParseOrNull($$"""{"Address":"/admin/x","Values":[{"Name":"{{name}}","Text":"b"}]}""") == null
        );
    }

    /// <summary>A browser whose session has ended without its knowing.</summary>
    private static async Task<Browser> EndedAsync(ApiCaller api)
    {
        var browser = new Browser(api.Portal);
        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);
        await api.Portal.Portal.Sessions.EndOthers(TestPortal.Admin, ApiCaller.Admin, "");
        return browser;
    }

    private static Task<string> TextOf(HttpResponseMessage answer) =>
        answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    /// <summary>Hidden fields of the form that goes to an address.</summary>
    private static (string Name, string Value)[] Hidden(string page, string action)
    {
        var form = page[page.IndexOf($"action=\"{action}\"", StringComparison.Ordinal)..];
        return
        [
            .. HiddenField()
                .Matches(form[..form.IndexOf("</form>", StringComparison.Ordinal)])
                .Select(match => (match.Groups[1].Value, WebUtility.HtmlDecode(match.Groups[2].Value))),
        ];
    }

    [GeneratedRegex("<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\"")]
    private static partial Regex HiddenField();

    [GeneratedRegex("<Field Name=\"([^\"]+)\"[^>]*Type=\"password\"")]
    private static partial Regex SecretField();
}
