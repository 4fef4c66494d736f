using System.Net;
using System.Text.RegularExpressions;
using EPortal.Tests.Api;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts.Sso;

/// <summary>Single sign-on with a real provider: its own pages are gone through as a browser does.</summary>
public sealed partial class SsoTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Somebody_signs_on_and_out_again()
    {
        await using var house = await House.StartAsync();

        var (portal, page) = await house.SignOnAsync("alice");
        portal.ShouldBe("/admin");
        page.ShouldContain("<strong>alice</strong> (read-only)");
        var alice = house.Api.Portal.Portal.Users.FindOrNull("alice")!;
        (alice.Description, alice.IsAdmin).ShouldBe(("SSO", false));
        (await house.Api.Get("/sessions")).Result[0].GetProperty("via").GetString().ShouldBe("sso");

        var end = await house.FollowAsync(HttpMethod.Post, new Uri(house.Portal, "/admin/logout"), []);
        end.Address.ToString().ShouldStartWith(house.Provider.Url + "/session/end");
        var xsrf = Xsrf().Match(end.Text).Groups[1].Value;
        end = await house.FollowAsync(
            HttpMethod.Post,
            new Uri(house.Provider.Url + "/session/end/confirm"),
            [("xsrf", xsrf), ("logout", "yes")]
        );
        end.Address.PathAndQuery.ShouldBe("/admin/login?next=%2Fadmin");
        house.Api.Portal.Portal.Sessions.List(null).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_second_time_it_is_the_same_user_even_under_an_admins_rights()
    {
        await using var house = await House.StartAsync();
        await house.SignOnAsync("alice");
        await house.Api.Post("/users", ("username", "alice"), ("readonly", "false"));

        var again = await house.FollowAsync(HttpMethod.Get, new Uri(house.Portal, "/admin/sso/login"), []);

        again.Text.ShouldContain("<strong>alice</strong> (admin)");
        house.Api.Portal.Portal.Users.List().Count.ShouldBe(3);
    }

    [Fact]
    public async Task Denied_consent_leads_back_to_the_login_page_with_a_sentence()
    {
        await using var house = await House.StartAsync();
        var login = await house.FollowAsync(HttpMethod.Get, new Uri(house.Portal, "/admin/sso/login"), []);

        var end = await house.FollowAsync(HttpMethod.Get, new Uri(login.Address + "/abort"), []);

        end.Address.PathAndQuery.ShouldBe("/admin/login?problem=sso-denied");
        end.Text.ShouldContain("The sign-on was refused.");
    }

    [Fact]
    public async Task Somebody_who_is_called_like_a_local_admin_is_not_the_admin()
    {
        await using var house = await House.StartAsync();

        var (_, page) = await house.SignOnAsync(ApiCaller.Admin);

        page.ShouldContain("<strong>ada@127.0.0.1</strong> (read-only)");
    }

    [Fact]
    public async Task The_login_page_offers_it_only_when_it_is_set_up()
    {
        await using var house = await House.StartAsync();
        await using var without = await ApiCaller.StartAsync();
        using var browser = new Browser(without.Portal);

        (await house.FollowAsync(HttpMethod.Get, new Uri(house.Portal, "/admin/login"), [])).Text.ShouldContain(
            "Sign in with SSO"
        );
        (await browser.TextAsync("/admin/login")).ShouldNotContain("SSO");
        (await browser.StatusAsync("/admin/sso/login")).ShouldBe(HttpStatusCode.NotFound);
    }

    [GeneratedRegex("name=\"xsrf\" value=\"([^\"]+)\"")]
    private static partial Regex Xsrf();

    /// <summary>A portal, a provider, and a browser that goes between them.</summary>
    private sealed class House(ApiCaller api, OidcProvider provider) : IAsyncDisposable
    {
        private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

        public ApiCaller Api => api;

        public OidcProvider Provider => provider;

        public Uri Portal => api.Portal.Address;

        public static async Task<House> StartAsync()
        {
            var port = Ports.Free();
            var url = OidcProvider.UrlOf(port);
            var api = await ApiCaller.StartAsync(settings =>
                settings with
                {
                    OidcAuthUrl = new Uri(url + "/auth"),
                    OidcTokenUrl = new Uri(url + "/token"),
                    OidcUserinfoUrl = new Uri(url + "/me"),
                    OidcLogoutUrl = new Uri(url + "/session/end"),
                    OidcClientId = "eportal",
                    OidcClientSecret = "a secret that only both know",
                }
            );
            return new House(api, await OidcProvider.StartAsync(port, api.Portal.Address));
        }

        /// <summary>Logs in at the provider and consents; where that ends.</summary>
        public async Task<(string Path, string Page)> SignOnAsync(string name)
        {
            var login = await FollowAsync(HttpMethod.Get, new Uri(Portal, "/admin/sso/login"), []);
            var consent = await FollowAsync(
                HttpMethod.Post,
                login.Address,
                [("prompt", "login"), ("login", name), ("password", "any")]
            );
            var end = await FollowAsync(HttpMethod.Post, consent.Address, [("prompt", "consent")]);
            return (end.Address.PathAndQuery, end.Text);
        }

        /// <summary>Sends a request and follows redirects to the first page.</summary>
        public async Task<(Uri Address, string Text)> FollowAsync(
            HttpMethod method,
            Uri address,
            (string Name, string Value)[] form
        )
        {
            for (var hop = 0; hop < 10; hop++)
            {
                using var request = new HttpRequestMessage(method, address);
                if (method == HttpMethod.Post)
                {
                    request.Content = new FormUrlEncodedContent(
                        form.Select(one => KeyValuePair.Create(one.Name, one.Value))
                    );
                    request.Headers.Add("Origin", address.GetLeftPart(UriPartial.Authority));
                }

                using var answer = await _http.SendAsync(request, Cancellation);
                if (answer.Headers.Location is not { } next)
                    return (address, await answer.Content.ReadAsStringAsync(Cancellation));
                (method, address) = (HttpMethod.Get, new Uri(address, next));
            }

            throw new InvalidOperationException($"Too many redirects, the last to {address}.");
        }

        public async ValueTask DisposeAsync()
        {
            _http.Dispose();
            provider.Dispose();
            await api.DisposeAsync();
        }
    }
}
