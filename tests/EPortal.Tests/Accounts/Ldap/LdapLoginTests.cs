using System.Net;
using System.Net.Sockets;
using EPortal.Accounts;
using EPortal.Accounts.Ldap;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts.Ldap;

/// <summary>Logins by a real OpenLDAP server.</summary>
public sealed class LdapLoginTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Mathematicians_may_log_in_and_others_not()
    {
        using var slapd = await Slapd.StartAsync();
        await using var api = await With(new LdapSettings(slapd.Plain + "?tls=0", Slapd.Dn, Slapd.Mathematicians));

        (await Login(api, "gauss")).ShouldBe(HttpStatusCode.OK);
        (await Login(api, "euclid")).ShouldBe(HttpStatusCode.OK);
        (await Login(api, "tesla")).ShouldBe(HttpStatusCode.Unauthorized);
        (await Login(api, "nobody")).ShouldBe(HttpStatusCode.Unauthorized);
        (await Login(api, "gauss", "wrong")).ShouldBe(HttpStatusCode.Unauthorized);
        (await Login(api, "gauss", "")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Without_a_filter_everybody_who_can_bind_may()
    {
        using var slapd = await Slapd.StartAsync();
        await using var api = await With(new LdapSettings(slapd.Plain + "?tls=0", Slapd.Dn));

        (await Login(api, "tesla")).ShouldBe(HttpStatusCode.OK);
        (await Login(api, "nobody")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("dc=example,dc=com??sub?(uid=%s)", true)]
    [InlineData("dc=example,dc=com??one?(uid=%s)", true)]
    [InlineData("dc=example,dc=com??base?(uid=%s)", false)]
    [InlineData("dc=example,dc=com????(uid=%s)", null)]
    [InlineData("uid=%s,dc=example,dc=com????(uid=tesla)", null)]
    [InlineData("uid=%s,dc=example,dc=com???(uid=tesla)", true)]
    [InlineData("uid=%s,dc=example,dc=com??base?(mail=%s@example.com)", true)]
    [InlineData("uid=%s,dc=example,dc=com??base?(&(objectClass=*)(!(uid=gauss))(|(uid=x)(cn=tes*)))", true)]
    [InlineData("uid=%s,dc=example,dc=com??base?(cn=*sl*)", true)]
    [InlineData("uid=%s,dc=example,dc=com??base?(cn=t*z*a)", false)]
    [InlineData("uid=%s,dc=example,dc=com??base?(uid:caseExactMatch:=TESLA)", false)]
    [InlineData("uid=%s,dc=example,dc=com??base?(uid:caseIgnoreMatch:=TESLA)", true)]
    [InlineData("uid=%s,dc=example,dc=com??base?(cn=\\74esla)", true)]
    [InlineData("dc=nowhere??sub?(uid=%s)", false)]
    public async Task Scopes_and_filters_mean_what_the_standard_says(string filter, bool? allowed)
    {
        using var slapd = await Slapd.StartAsync();
        if (allowed is null)
        {
            Should.Throw<EPortal.Data.RefusedException>(() => LdapSearch.Parse(filter));
            return;
        }

        var directory = new LdapSettings(slapd.Plain + "?tls=0", Slapd.Dn, filter).Open(TimeProvider.System);
        (await directory.Login("tesla", Slapd.Password, Cancellation)).ShouldBe(
            allowed.Value ? LdapLogin.Done : LdapLogin.NotAllowed
        );
    }

    [Fact]
    public async Task The_first_login_makes_a_user_who_reads_and_may_be_made_admin()
    {
        using var slapd = await Slapd.StartAsync();
        await using var api = await With(new LdapSettings(slapd.Plain + "?tls=0", Slapd.Dn));
        await Login(api, "gauss");

        var gauss = api.Portal.Portal.Users.FindOrNull("gauss")!;
        (gauss.Description, gauss.IsAdmin).ShouldBe(("LDAP", false));
        (await CallAs(api, "POST", "/feeds?name=x", "gauss")).ShouldBe(HttpStatusCode.Forbidden);
        await api.Post("/users", ("username", "gauss"), ("readonly", "false"));
        (await CallAs(api, "POST", "/feeds?name=x", "gauss")).ShouldBe(HttpStatusCode.OK);
        api.Portal.Portal.Users.List().Count.ShouldBe(3);
        (await api.Get("/user-log", ("action", "user.add"), ("user", "gauss"))).Result.GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task A_local_user_of_that_name_shields_the_directory()
    {
        using var slapd = await Slapd.StartAsync();
        await using var api = await With(new LdapSettings(slapd.Plain + "?tls=0", Slapd.Dn));
        await api.Portal.Portal.Users.Add(
            TestPortal.Admin,
            "gauss",
            new UserSettings("a local password", IsAdmin: true)
        );

        foreach (var name in new[] { "gauss", "Gauss", "GAUSS", "\uff47auss" })
            (await Login(api, name)).ShouldBe(HttpStatusCode.Unauthorized, name);
        (await Login(api, "gauss", "a local password")).ShouldBe(HttpStatusCode.OK);
        await api.Delete("/users/gauss");
        (await Login(api, "gauss")).ShouldBe(HttpStatusCode.OK);
        api.Portal.Portal.Users.FindOrNull("gauss")!.IsAdmin.ShouldBeFalse();
    }

    [Fact]
    public async Task However_somebody_writes_the_name_it_is_one_user()
    {
        using var slapd = await Slapd.StartAsync();
        await using var api = await With(new LdapSettings(slapd.Plain + "?tls=0", Slapd.Dn));

        foreach (var name in new[] { "gauss", "Gauss" })
            (await Login(api, name)).ShouldBe(HttpStatusCode.OK, name);
        // The server would take these for gauss; whom it lets in would be somebody else here.
        foreach (var name in new[] { "\uff47auss", "gau\u017fs", "gaus\U0001d4fc", "gaus\u02e2" })
            (await Login(api, name)).ShouldBe(HttpStatusCode.Unauthorized, name);

        api.Portal.Portal.Users.List().Count(user => user.Description == "LDAP").ShouldBe(1);
    }

    [Fact]
    public async Task The_page_takes_them_too()
    {
        using var slapd = await Slapd.StartAsync();
        await using var api = await With(new LdapSettings(slapd.Plain + "?tls=0", Slapd.Dn));
        using var browser = new Browser(api.Portal);

        await browser.LogInAsync("gauss", Slapd.Password);

        (await browser.TextAsync("/admin")).ShouldContain("<strong>gauss</strong> (read-only)");
    }

    [Fact]
    public async Task What_is_set_while_the_portal_runs_holds_at_once_even_from_another_process()
    {
        using var slapd = await Slapd.StartAsync();
        await using var api = await ApiCaller.StartAsync();
        (await Login(api, "gauss")).ShouldBe(HttpStatusCode.Unauthorized);

        (await api.Post("/ldap", ("url", slapd.Plain + "?tls=0"), ("dn", Slapd.Dn)))
            .Result.GetProperty("dn")
            .GetString()
            .ShouldBe(Slapd.Dn);
        (await Login(api, "gauss")).ShouldBe(HttpStatusCode.OK);
        await using (var other = EPortal.Hosting.Portal.Open(api.Portal.Portal.Settings, api.Portal.Time))
            await other.Ldap.Save(
                TestPortal.Admin,
                new LdapSettings(slapd.Plain + "?tls=0", Slapd.Dn, "dc=example,dc=com??one?(uid=nobody)")
            );
        (await Login(api, "gauss")).ShouldBe(HttpStatusCode.Unauthorized);
        (await api.Post("/ldap", ("url", ""))).Text.ShouldBe("""{"result":null}""");
        (await Login(api, "gauss")).ShouldBe(HttpStatusCode.Unauthorized);
        File.GetUnixFileMode(Path.Combine(api.Portal.DataFolder, "config/config.json"))
            .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task Settings_that_cannot_be_read_leave_the_last_good_ones_in_force_and_say_so()
    {
        using var slapd = await Slapd.StartAsync();
        await using var api = await With(new LdapSettings(slapd.Plain + "?tls=0", Slapd.Dn));
        (await Login(api, "gauss")).ShouldBe(HttpStatusCode.OK);

        await api.Portal.Portal.Log.Commit(
            TestPortal.Admin,
            change =>
                change.Session.Execute("UPDATE runtime_setting SET value = '{\"url\": \"ftp://x\", \"dn\": \"%s\"}'")
        );

        (await Login(api, "tesla")).ShouldBe(HttpStatusCode.OK);
        api.Portal.Log.ShouldContain(line => line.Contains("LDAP settings not loaded"));
    }

    [Fact]
    public async Task Sections_that_are_not_ours_stay()
    {
        await using var api = await ApiCaller.StartAsync();
        var path = Path.Combine(api.Portal.DataFolder, "config/config.json");
        await File.WriteAllTextAsync(path, """{"other": {"a": 1}}""", Cancellation);

        await api.Portal.Portal.Ldap.Save(TestPortal.Admin, new LdapSettings("ldap://127.0.0.1", Slapd.Dn));

        (await File.ReadAllTextAsync(path, Cancellation)).ShouldContain("\"other\"");
    }

    [Fact]
    public async Task A_silent_directory_is_given_up_after_its_time_and_keeps_no_local_user_out()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var api = await With(
            new LdapSettings($"ldaps://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}?timeout=2", Slapd.Dn)
        );

        var waiting = Enumerable.Range(0, 10).Select(_ => CallAs(api, "GET", "/feeds", "gauss")).ToList();
        (await Login(api, ApiCaller.Admin, ApiCaller.Password)).ShouldBe(HttpStatusCode.OK);

        (await Task.WhenAll(waiting)).ShouldAllBe(status => status == HttpStatusCode.ServiceUnavailable);
        api.Portal.Log.ShouldContain(line => line.Contains("did not answer within 2 seconds"));
    }

    [Fact]
    public async Task A_directory_that_is_away_is_no_wrong_password()
    {
        await using var api = await With(new LdapSettings("ldap://127.0.0.1:1?tls=0", Slapd.Dn));
        using var browser = new Browser(api.Portal);

        for (var number = 0; number < 20; number++)
        {
            using var answer = await browser.LogInAsync("gauss", Slapd.Password);
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }

        (await Login(api, "gauss")).ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    internal static async Task<ApiCaller> With(LdapSettings settings)
    {
        var api = await ApiCaller.StartAsync();
        await api.Portal.Portal.Ldap.Save(TestPortal.Admin, settings);
        return api;
    }

    internal static Task<HttpStatusCode> Login(ApiCaller api, string name, string password = Slapd.Password) =>
        CallAs(api, "GET", "/feeds", name, password);

    private static async Task<HttpStatusCode> CallAs(
        ApiCaller api,
        string method,
        string path,
        string name,
        string password = Slapd.Password
    )
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "/admin/api" + path);
        request.Headers.Authorization = TestPortal.Basic($"{name}:{password}");
        return (await api.Send(request)).Status;
    }
}
