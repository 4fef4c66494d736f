using System.Net;
using System.Net.Sockets;
using EPortal.Accounts;
using EPortal.Accounts.Ldap;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts.Ldap;

/// <summary>Sessions and API keys of users of a directory, after they have left it or lost what let them in.</summary>
public sealed class LeaverTests
{
    private const string Group = "dn: ou=mathematicians,dc=example,dc=com\nchangetype: modify\n";
    private const string LeavesTheGroup = Group + "delete: uniqueMember\nuniqueMember: uid=gauss,dc=example,dc=com\n";
    private const string LeavesTheDirectory = "dn: uid=gauss,dc=example,dc=com\nchangetype: delete\n";

    private static readonly TimeSpan s_later = DirectoryRecheck.Interval + TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(LeavesTheGroup)]
    [InlineData(LeavesTheDirectory)]
    public async Task Who_left_is_shut_out_within_minutes(string change)
    {
        using var slapd = await Slapd.StartAsync();
        await using var gauss = await Gauss.StartAsync(Watched(slapd));
        await slapd.ChangeAsync(change);

        (await gauss.Outcome()).ShouldBe("session OK, key OK");
        gauss.Api.Portal.Time.Advance(s_later);
        (await gauss.Outcome()).ShouldBe("session Found, key Unauthorized");

        gauss.Sessions.ShouldBeEmpty();
        (await gauss.Api.Get("/user-log", ("action", "session.end")))
            .Result[0]
            .GetProperty("detail")
            .GetString()!
            .ShouldContain("gauss");
        // A key does not come back by itself with its user: that takes a login.
        await slapd.ChangeAsync(
            change == LeavesTheGroup
                ? Group + "add: uniqueMember\nuniqueMember: uid=gauss,dc=example,dc=com\n"
                : PersonAgain
        );
        gauss.Api.Portal.Time.Advance(s_later);
        (await gauss.Outcome()).ShouldBe("session Found, key Unauthorized");
        (await gauss.LogInAsync()).ShouldBe(HttpStatusCode.Redirect);
        (await gauss.Outcome()).ShouldBe("session OK, key OK");
    }

    [Fact]
    public async Task Who_stays_stays_for_days()
    {
        using var slapd = await Slapd.StartAsync();
        await using var gauss = await Gauss.StartAsync(Watched(slapd));

        for (var day = 0; day < 5; day++)
        {
            gauss.Api.Portal.Time.Advance(TimeSpan.FromDays(1));
            (await gauss.Outcome()).ShouldBe("session OK, key OK");
        }
    }

    [Fact]
    public async Task An_outage_logs_nobody_out_at_once_and_keeps_nobody_in_for_good()
    {
        using var slapd = await Slapd.StartAsync();
        await using var gauss = await Gauss.StartAsync(Watched(slapd));
        slapd.Stop();

        gauss.Api.Portal.Time.Advance(s_later);
        (await gauss.Outcome()).ShouldBe("session OK, key OK");
        gauss.Api.Portal.Time.Advance(TimeSpan.FromMinutes(50));
        (await gauss.Outcome()).ShouldBe("session OK, key OK");
        gauss.Api.Portal.Log.ShouldContain(line => line.Contains("Cannot check users in the LDAP directory"));
        gauss.Api.Portal.Time.Advance(TimeSpan.FromMinutes(10));
        (await gauss.Outcome()).ShouldBe("session Found, key ServiceUnavailable");

        using var away = await gauss.Browser.GetAsync("/admin");
        away.Headers.Location!.ToString().ShouldEndWith("problem=directory");
        gauss.Sessions.ShouldNotBeEmpty("the session goes on when the directory is back");
    }

    [Fact]
    public async Task A_silent_directory_holds_nobody_up_for_long()
    {
        using var slapd = await Slapd.StartAsync();
        await using var gauss = await Gauss.StartAsync(Watched(slapd));
        // The same directory for all that the portal can tell, but for its answers.
        slapd.Stop();
        using var mute = new TcpListener(IPAddress.Loopback, new Uri(slapd.Plain).Port);
        mute.Start();
        gauss.Api.Portal.Time.Advance(s_later);

        var clock = System.Diagnostics.Stopwatch.StartNew();
        (await gauss.Outcome()).ShouldBe("session OK, key OK");
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(4.5));
    }

    [Fact]
    public async Task A_bind_account_that_is_refused_is_an_outage_and_said_so()
    {
        using var slapd = await Slapd.StartAsync();
        await using var gauss = await Gauss.StartAsync(
            Watched(slapd) with
            {
                Account = new LdapBindAccount(Slapd.BindDn, "another password", null),
            }
        );

        gauss.Api.Portal.Time.Advance(s_later);

        (await gauss.Outcome()).ShouldBe("session OK, key OK");
        gauss.Api.Portal.Log.ShouldContain(line =>
            line.Contains($"refused the bind account {Slapd.BindDn}") && !line.Contains("another password")
        );
    }

    [Fact]
    public async Task Without_a_bind_account_a_login_counts_for_the_time_that_is_set()
    {
        using var slapd = await Slapd.StartAsync();
        await using var gauss = await Gauss.StartAsync(Unwatched(slapd));

        gauss.Sessions.Single().Expires.ShouldBe(gauss.Api.Portal.Time.GetUtcNow() + TimeSpan.FromHours(12));
        gauss.Api.Portal.Time.Advance(TimeSpan.FromHours(12) - TimeSpan.FromMinutes(1));
        (await gauss.Outcome()).ShouldBe("session OK, key OK");
        gauss.Api.Portal.Time.Advance(TimeSpan.FromMinutes(1));
        (await gauss.Outcome()).ShouldBe("session Found, key Unauthorized");
        gauss.Sessions.ShouldBeEmpty();
        (await gauss.CallAsync()).Text.ShouldContain("must log in again");
        (await gauss.LogInAsync()).ShouldBe(HttpStatusCode.Redirect);
        (await gauss.Outcome()).ShouldBe("session OK, key OK");
    }

    [Theory]
    [InlineData("off")]
    [InlineData("another directory")]
    [InlineData("another filter")]
    [InlineData("removed")]
    public async Task It_ends_at_once_with_the_directory_or_the_user(string what)
    {
        using var slapd = await Slapd.StartAsync();
        using var other = await Slapd.StartAsync();
        await using var gauss = await Gauss.StartAsync(Watched(slapd));

        if (what == "removed")
            await gauss.Api.Delete("/users/gauss");
        else
            await gauss.Api.Portal.Portal.Ldap.Save(
                TestPortal.Admin,
                what switch
                {
                    "off" => null,
                    "another directory" => Watched(other),
                    _ => Watched(slapd) with { Filter = "dc=example,dc=com??one?(uid=%s)" },
                }
            );

        (await gauss.Outcome()).ShouldBe("session Found, key Unauthorized");
    }

    [Fact]
    public async Task Another_password_or_time_limit_is_the_same_directory()
    {
        using var slapd = await Slapd.StartAsync();
        await using var gauss = await Gauss.StartAsync(Watched(slapd));

        await gauss.Api.Portal.Portal.Ldap.Save(
            TestPortal.Admin,
            Unwatched(slapd) with
            {
                Url = slapd.Plain + "?tls=0&timeout=30",
            }
        );

        (await gauss.Outcome()).ShouldBe("session OK, key OK");
    }

    [Fact]
    public async Task Local_users_are_asked_of_nobody()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.Portal.Ldap.Save(
            TestPortal.Admin,
            new LdapSettings(
                "ldap://127.0.0.1:1?tls=0",
                Slapd.Dn,
                Account: new LdapBindAccount(Slapd.BindDn, "x", null)
            )
        );
        using var browser = new Browser(api.Portal);
        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);

        api.Portal.Time.Advance(TimeSpan.FromDays(1));

        (await browser.StatusAsync("/admin")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_bind_account_is_set_kept_and_never_shown()
    {
        using var slapd = await Slapd.StartAsync();
        await using var api = await ApiCaller.StartAsync();
        (string, string)[] directory = [("url", slapd.Plain + "?tls=0"), ("dn", Slapd.Dn), ("bind_dn", Slapd.BindDn)];

        (await api.Post("/ldap", directory)).Text.ShouldContain("none is stored for this name");
        (await api.Post("/ldap", [.. directory, ("bind_password", "a secret word")]))
            .Result.GetProperty("bind_dn")
            .GetString()
            .ShouldBe(Slapd.BindDn);
        (await api.Post("/ldap", [.. directory, ("user_search", "dc=example,dc=com??sub?(uid=%s)")])).Status.ShouldBe(
            HttpStatusCode.OK
        );
        api.Portal.Portal.Ldap.SettingsOrNull()!.Account!.Password.ShouldBe("a secret word");
        // To another place it is not sent.
        (
            await api.Post("/ldap", ("url", "ldap://evil.example"), ("dn", Slapd.Dn), ("bind_dn", Slapd.BindDn))
        ).Status.ShouldBe(HttpStatusCode.BadRequest);
        (
            await api.Post(
                "/ldap",
                ("url", "ldap://a"),
                ("dn", "%s@example.com"),
                ("bind_dn", "x"),
                ("bind_password", "x"),
                ("user_search", "")
            )
        ).Text.ShouldContain("requires a user search");

        using var browser = new Browser(api.Portal);
        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);
        foreach (
            var text in new[]
            {
                (await api.Get("/ldap")).Text,
                (await api.Get("/user-log")).Text,
                await browser.TextAsync("/admin/ldap"),
                string.Concat(api.Portal.Log),
                api.Portal.Portal.Ldap.SettingsOrNull()!.ToString(),
            }
        )
            text.ShouldNotContain("a secret word");
        (await browser.TextAsync("/admin/ldap")).ShouldContain(Slapd.BindDn);
    }

    [Fact]
    public async Task A_test_tells_whether_the_bind_account_finds_the_user()
    {
        using var slapd = await Slapd.StartAsync();
        await using var api = await ApiCaller.StartAsync();
        (string, string)[] test =
        [
            ("username", "gauss"),
            ("password", Slapd.Password),
            ("url", slapd.Plain + "?tls=0"),
            ("dn", Slapd.Dn),
            ("bind_dn", Slapd.BindDn),
        ];

        (await Last(api, [.. test, ("bind_password", Slapd.BindPassword)])).ShouldBe(("lookup", true));
        (await Last(api, [.. test, ("bind_password", "wrong")])).ShouldBe(("lookup", false));
        (
            await Last(
                api,
                [
                    .. test,
                    ("bind_password", Slapd.BindPassword),
                    ("user_search", "dc=example,dc=com??sub?(uid=somebody)"),
                ]
            )
        ).ShouldBe(("lookup", false));
    }

    private const string PersonAgain =
        $"dn: uid=gauss,dc=example,dc=com\nchangetype: add\nobjectClass: inetOrgPerson\ncn: gauss\nsn: gauss\nuid: gauss\nuserPassword: {Slapd.Password}\n";

    private static LdapSettings Unwatched(Slapd slapd) => new(slapd.Plain + "?tls=0", Slapd.Dn, Slapd.Mathematicians);

    private static LdapSettings Watched(Slapd slapd) =>
        Unwatched(slapd) with
        {
            Account = new LdapBindAccount(Slapd.BindDn, Slapd.BindPassword, null),
        };

    private static async Task<(string?, bool)> Last(ApiCaller api, (string, string)[] test)
    {
        var last = (await api.Post("/ldap/test", test)).Result.EnumerateArray().Last();
        return (last.GetProperty("step").GetString(), last.GetProperty("ok").GetBoolean());
    }

    /// <summary>A user of the directory with a session and an API key.</summary>
    private sealed class Gauss(ApiCaller api, Browser browser, string key) : IAsyncDisposable
    {
        public ApiCaller Api => api;

        public Browser Browser => browser;

        public IReadOnlyList<EPortal.Accounts.Sessions.LoginSession> Sessions =>
            api.Portal.Portal.Sessions.List("gauss");

        public static async Task<Gauss> StartAsync(LdapSettings settings)
        {
            var api = await LdapLoginTests.With(settings);
            var browser = new Browser(api.Portal);
            (await browser.LogInAsync("gauss", Slapd.Password)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
            var (_, key) = await api.Portal.Portal.ApiKeys.Make(TestPortal.Admin, "gauss", "test", null);
            return new Gauss(api, browser, key);
        }

        public async Task<HttpStatusCode> LogInAsync() =>
            (await browser.LogInAsync("gauss", Slapd.Password)).StatusCode;

        public async Task<ApiAnswer> CallAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/api/feeds");
            request.Headers.Add("X-Api-Key", key);
            return await api.Send(request);
        }

        public async Task<string> Outcome() =>
            $"session {await browser.StatusAsync("/admin")}, key {(await CallAsync()).Status}";

        public async ValueTask DisposeAsync()
        {
            browser.Dispose();
            await api.DisposeAsync();
        }
    }
}
