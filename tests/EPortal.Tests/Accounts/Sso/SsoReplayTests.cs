using System.Net;
using EPortal.Accounts.Sessions;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts.Sso;

/// <summary>C21: sign-ons that did not begin here, are replayed, or speak of somebody else.</summary>
[Trait("threat", "C21")]
public sealed class SsoReplayTests
{
    private const string Invalid = "/admin/login?problem=sso-invalid";
    private const string Unavailable = "/admin/login?problem=sso-unavailable";

    /// <summary>Answers of the provider that must let nobody in: (member, value) of the ID token.</summary>
    public static TheoryData<string, object?> Tokens =>
        new()
        {
            { "aud", "another client" },
            { "aud", null },
            { "aud", new[] { "another client", "a third" } },
            { "azp", "another client" },
            { "sub", "43" },
            { "sub", null },
            { "iss", null },
            { "exp", 1 },
            { "exp", null },
            { "exp", "soon" },
        };

    [Fact]
    public async Task The_right_way_works()
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);

        (await browser.SignOnAsync("/admin?tab=2")).ToString().ShouldBe("/admin?tab=2");

        (await browser.TextAsync("/admin")).ShouldContain("<strong>carol</strong> (read-only)");
        var (authorization, form) = provider.Exchanges.Single();
        authorization.ShouldBe(TestPortal.Basic("eportal:p%26ssword%3A1").ToString());
        form.Keys.ShouldBe(["grant_type", "code", "redirect_uri", "code_verifier"], ignoreOrder: true);
        form["redirect_uri"].ShouldBe(new Uri(api.Portal.Address, "/admin/sso/login/callback").ToString());
    }

    [Fact]
    public async Task It_begins_with_PKCE_and_a_state_that_nobody_can_guess()
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);

        using var begin = await browser.GetAsync("/admin/sso/login");

        var query = QueryHelpers.ParseQuery(begin.Headers.Location!.Query);
        query["response_type"].ToString().ShouldBe("code");
        query["client_id"].ToString().ShouldBe("eportal");
        query["code_challenge_method"].ToString().ShouldBe("S256");
        query["code_challenge"].ToString().Length.ShouldBe(43);
        query["state"].ToString().Length.ShouldBeGreaterThan(64);
        query["state"].ToString().ShouldNotContain("admin");
        query["scope"].ToString().ShouldBe("openid profile email");
        begin.Headers.GetValues("Set-Cookie").Single().ShouldContain("httponly");
    }

    [Theory]
    [InlineData("state=")]
    [InlineData("state=0000")]
    [InlineData("")]
    public async Task A_missing_or_wrong_state_is_refused(string state)
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);

        (
            await browser.SignOnAsync(callback: back => new Uri(
                back.GetLeftPart(UriPartial.Path) + $"?code=code-1&{state}"
            ))
        )
            .ToString()
            .ShouldBe(Invalid);

        await NobodyIn(api, browser, provider);
    }

    [Fact]
    public async Task A_state_works_once()
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);
        Uri? used = null;
        (string Name, string Value, string Path)[] cookies = [];
        await browser.SignOnAsync(callback: back =>
        {
            cookies = [.. browser.Cookies.GetAllCookies().Select(cookie => (cookie.Name, cookie.Value, cookie.Path))];
            return used = back;
        });
        // Whoever saw the request has its cookies too.
        cookies.ShouldNotBeEmpty();
        foreach (var (name, value, path) in cookies)
            browser.Cookies.Add(new Cookie(name, value, path, api.Portal.Address.Host));

        using var again = await browser.GetAsync(used!.PathAndQuery);

        again.Headers.Location!.ToString().ShouldBe(Invalid);
        provider.Exchanges.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Others_that_begin_push_out_nobody_who_has_begun()
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);
        var state = api.Portal.Services.GetRequiredService<EPortal.Accounts.Sso.SsoState>();

        (
            await browser.SignOnAsync(
                "/admin?tab=2",
                callback: back =>
                {
                    for (var number = 0; number < 40_000; number++)
                        state.Protect(new Microsoft.AspNetCore.Authentication.AuthenticationProperties());
                    return back;
                }
            )
        ).ToString().ShouldBe("/admin?tab=2");
    }

    [Fact]
    public async Task A_state_that_was_changed_or_is_of_another_portal_is_refused()
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        await using var other = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);
        var foreign = other
            .Portal.Services.GetRequiredService<EPortal.Accounts.Sso.SsoState>()
            .Protect(new Microsoft.AspNetCore.Authentication.AuthenticationProperties());

        foreach (
            var change in new Func<string, string>[]
            {
                _ => foreign,
                state => state[..^1] + (state[^1] == 'A' ? 'B' : 'A'),
                state => state + "A",
                state => "A" + state[1..],
            }
        )
        {
            (
                await browser.SignOnAsync(callback: back =>
                {
                    var query = QueryHelpers.ParseQuery(back.Query);
                    return new Uri(
                        QueryHelpers.AddQueryString(
                            back.GetLeftPart(UriPartial.Path),
                            new Dictionary<string, string?>
                            {
                                ["code"] = "code-1",
                                ["state"] = change(query["state"].ToString()),
                            }
                        )
                    );
                })
            ).ToString().ShouldBe(Invalid);
        }

        await NobodyIn(api, browser, provider);
    }

    [Fact]
    public async Task A_state_of_another_browser_is_refused()
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var attacker = new Browser(api.Portal);
        using var victim = new Browser(api.Portal);

        await attacker.SignOnAsync(callback: back =>
        {
            using var lured = victim.GetAsync(back.PathAndQuery).GetAwaiter().GetResult();
            lured.Headers.Location!.ToString().ShouldBe(Invalid);
            return back;
        });

        victim.Token.ShouldBeNull();
        provider.Exchanges.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_state_is_good_for_a_quarter_of_an_hour()
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);

        (
            await browser.SignOnAsync(callback: back =>
            {
                api.Portal.Time.Advance(TimeSpan.FromMinutes(15));
                return back;
            })
        ).ToString().ShouldBe(Invalid);

        await NobodyIn(api, browser, provider);
    }

    [Theory]
    [MemberData(nameof(Tokens))]
    public async Task An_ID_token_that_is_not_for_this_login_is_refused(string member, object? value)
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);
        provider.IdToken[member] = value;

        (await browser.SignOnAsync()).ToString().ShouldBe(Unavailable);

        browser.Token.ShouldBeNull();
        api.Portal.Portal.Users.List().Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("sub", null)]
    [InlineData("sub", "43")]
    [InlineData("sub", 42)]
    [InlineData("iss", "https://other.example")]
    public async Task User_information_of_somebody_else_or_from_elsewhere_is_refused(string member, object? value)
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);
        provider.Userinfo[member] = value;

        (await browser.SignOnAsync()).ToString().ShouldBe(Unavailable);

        browser.Token.ShouldBeNull();
    }

    [Theory]
    [InlineData("sub", "")]
    [InlineData("sub", " ")]
    [InlineData("sub", "4\n2")]
    [InlineData("sub", "4\u202e2")]
    [InlineData("sub", "4\u200b2")]
    [InlineData("sub", "x*256")]
    [InlineData("iss", "https://id.example\u0007")]
    [InlineData("iss", "https://id.example 4")]
    [InlineData("iss", "")]
    public async Task Who_cannot_be_told_apart_for_good_is_nobody(string member, string value)
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);
        value = value == "x*256" ? new string('x', 256) : value;
        if (member == "sub")
            provider.Subject = value;
        else
            provider.IdToken[member] = value;

        (await browser.SignOnAsync()).ToString().ShouldBe("/admin/login?problem=sso-subject");

        (await browser.TextAsync("/admin/login?problem=sso-subject")).ShouldContain("sent no valid user id");
        browser.Token.ShouldBeNull();
        api.Portal.Portal.Users.List().Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("admin\u200b")]
    [InlineData("\u202enimda")]
    [InlineData("\uff41dmin")]
    [InlineData("\u00aadmin")]
    [InlineData("ADM\u0130N")]
    [InlineData("\u0430dmin")]
    public async Task Names_that_pass_for_others_are_refused_with_a_sentence(string name)
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);
        provider.Userinfo["preferred_username"] = name;

        (await browser.SignOnAsync()).ToString().ShouldBe("/admin/login?problem=sso-name");

        (await browser.TextAsync("/admin/login?problem=sso-name")).ShouldContain("is not allowed here");
        api.Portal.Portal.Users.List().Count.ShouldBe(2);
    }

    [Fact]
    public async Task Who_came_in_before_the_rule_for_names_still_does()
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);
        await browser.SignOnAsync();
        provider.Userinfo["preferred_username"] = "admin\u200b";

        (await browser.SignOnAsync()).ToString().ShouldBe("/admin");
    }

    [Theory]
    [InlineData("application/json; charset=utf8", false)]
    [InlineData("application/json; charset=\"utf-8\"", false)]
    [InlineData("application/json; charset=x-unknown", false)]
    [InlineData("application/json; charset=", true)]
    [InlineData("text/plain; charset=utf-16", true)]
    public async Task JSON_is_UTF8_whatever_its_type_says(string type, bool mark)
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);
        provider.Instead["/me"] = context =>
        {
            context.Response.Headers.ContentType = type;
            return context
                .Response.Body.WriteAsync(
                    System.Text.Encoding.UTF8.GetBytes(
                        (mark ? "\ufeff" : "") + "{\"sub\":\"42\",\"preferred_username\":\"m\u00fcller\"}"
                    )
                )
                .AsTask();
        };

        (await browser.SignOnAsync()).ToString().ShouldBe("/admin");
        api.Portal.Portal.Users.FindOrNull("m\u00fcller").ShouldNotBeNull();
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF8_let_nobody_in()
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);
        provider.Instead["/me"] = context =>
            context
                .Response.Body.WriteAsync(
                    System.Text.Encoding.Latin1.GetBytes("{\"sub\":\"42\",\"preferred_username\":\"m\u00fcller\"}")
                )
                .AsTask();

        (await browser.SignOnAsync()).ToString().ShouldBe(Unavailable);
    }

    [Fact]
    public async Task An_answer_by_another_issuer_is_refused()
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);

        (await browser.SignOnAsync(callback: back => new Uri(back + "&iss=https%3A%2F%2Fevil.example")))
            .ToString()
            .ShouldBe(Unavailable);

        browser.Token.ShouldBeNull();
    }

    [Theory]
    [InlineData("/token", 400)]
    [InlineData("/token", 500)]
    [InlineData("/me", 401)]
    [InlineData("/token", 302)]
    [InlineData("/me", 302)]
    public async Task A_provider_that_refuses_or_sends_elsewhere_lets_nobody_in(string path, int status)
    {
        await using var provider = await Provider();
        await using var elsewhere = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);
        provider.Instead[path] = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = elsewhere.Url + path;
            return context.Response.WriteAsync("{\"error\":\"invalid_grant\\nforged line\"}");
        };

        (await browser.SignOnAsync()).ToString().ShouldBe(Unavailable);

        browser.Token.ShouldBeNull();
        elsewhere.Exchanges.ShouldBeEmpty();
        api.Portal.Log.ShouldNotContain(line => line.Contains("forged line"));
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    public async Task Nonsense_lets_nobody_in(string body)
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);

        foreach (var path in new[] { "/token", "/me" })
        {
            provider.Instead.Clear();
            provider.Instead[path] = context => context.Response.WriteAsync(body);
            (await browser.SignOnAsync()).ToString().ShouldBe(Unavailable);
        }

        browser.Token.ShouldBeNull();
    }

    [Fact]
    public async Task An_answer_without_bounds_is_not_read()
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);
        provider.Instead["/me"] = context =>
            context.Response.WriteAsync("{\"sub\":\"" + new string('x', 2 * 1024 * 1024) + "\"}");

        (await browser.SignOnAsync()).ToString().ShouldBe(Unavailable);
    }

    [Fact]
    public async Task A_provider_that_is_away_is_said_so_and_local_users_get_in()
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);

        (
            await browser.SignOnAsync(callback: back =>
            {
                provider.DisposeAsync().AsTask().GetAwaiter().GetResult();
                return back;
            })
        ).ToString().ShouldBe(Unavailable);

        (await browser.TextAsync(Unavailable)).ShouldContain("The sign-on provider is unavailable");
        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);
        browser.Token.ShouldNotBeNull();
    }

    [Fact]
    public async Task Consent_that_was_denied_is_said_so()
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);

        (
            await browser.SignOnAsync(callback: back => new Uri(
                back.ToString().Replace("code=code-1", "error=access_denied", StringComparison.Ordinal)
            ))
        )
            .ToString()
            .ShouldBe("/admin/login?problem=sso-denied");

        await NobodyIn(api, browser, provider);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example")]
    [InlineData("/admin/..//evil.example")]
    [InlineData("/admin\\evil.example")]
    [InlineData("/adminevil")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/admin/login?next=/admin/login")]
    [InlineData("/admin\r\nLocation: https://evil.example")]
    [InlineData("/admin/../../evil")]
    [InlineData("/admin/..")]
    [InlineData("/admin/./x")]
    [InlineData("/admin/%2e%2e/%2e%2e/evil")]
    [InlineData("/admin/%2E./evil")]
    [InlineData("/admin/%252e%252e/evil")]
    [InlineData("/admin/%25252525252e/evil")]
    [InlineData("/admin/%2f%2fevil.example")]
    [InlineData("/admin/%5cevil.example")]
    [InlineData("/admin/x%00y")]
    [InlineData("/admin/x%0d%0ay")]
    [InlineData("/%61dmin/../evil")]
    [InlineData("/admin/\u2028/../../evil")]
    [InlineData("/admin/LOGIN/../../login")]
    [InlineData("")]
    public async Task A_login_leads_nowhere_else(string next)
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);

        (await browser.SignOnAsync(next)).ToString().ShouldBe("/admin");
        using var login = await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password, next);
        login.Headers.Location!.ToString().ShouldBe("/admin");
        LoginEndpoints.Next(next).ShouldBe("/admin");
    }

    [Theory]
    [InlineData("ada", "ada@127.0.0.1")]
    [InlineData("carol", "carol")]
    [InlineData("two words", "42")]
    public async Task Who_signs_on_under_a_local_name_is_somebody_else(string name, string listed)
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);
        provider.Userinfo["preferred_username"] = name;
        provider.Userinfo["email"] = ApiCaller.Admin;
        provider.Userinfo["email_verified"] = false;

        await browser.SignOnAsync();

        (await browser.TextAsync("/admin")).ShouldContain($"<strong>{listed}</strong> (read-only)");
        (await browser.PostStatusAsync("/admin/api/feeds", ("name", "x"))).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_mail_address_is_a_name_only_when_it_was_verified()
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        provider.Userinfo["preferred_username"] = null;
        provider.Userinfo["email"] = "carol@example.com";
        provider.WithoutIdToken = true;

        foreach (var (subject, verified, listed) in new[] { ("1", true, "carol@example.com"), ("2", false, "2") })
        {
            using var browser = new Browser(api.Portal);
            (provider.Subject, provider.Userinfo["email_verified"]) = (subject, verified);
            await browser.SignOnAsync();
            (await browser.TextAsync("/admin")).ShouldContain($"<strong>{listed}</strong>");
        }
    }

    [Fact]
    public async Task Nothing_secret_of_a_sign_on_is_logged()
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);
        await browser.SignOnAsync();
        provider.Instead["/me"] = context => context.Response.WriteAsync("x");
        await browser.SignOnAsync();

        api.Portal.Log.ShouldNotContain(line =>
            line.Contains("p&ssword") || line.Contains("code-1") || line.Contains(browser.Token!)
        );
    }

    private static Task<FakeProvider> Provider() =>
        FakeProvider.StartAsync(new FakeTimeProvider(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero)));

    private static Task NobodyIn(ApiCaller api, Browser browser, FakeProvider provider)
    {
        browser.Token.ShouldBeNull();
        provider.Exchanges.ShouldBeEmpty();
        api.Portal.Portal.Users.List().Count.ShouldBe(2);
        return Task.CompletedTask;
    }
}
