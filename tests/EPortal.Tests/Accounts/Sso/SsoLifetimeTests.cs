using System.Net;
using EPortal.Accounts;
using EPortal.Hosting;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts.Sso;

/// <summary>
/// How long sessions and API keys of people from a sign-on provider last, of whom nobody can be asked again.
/// </summary>
public sealed class SsoLifetimeTests
{
    [Fact]
    public async Task A_sign_on_counts_for_the_time_that_is_set()
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(settings =>
            provider.In(settings) with
            {
                AuthExternalLifetime = TimeSpan.FromHours(2),
            }
        );
        using var browser = new Browser(api.Portal);
        await browser.SignOnAsync();
        var (_, key) = await api.Portal.Portal.ApiKeys.Make(TestPortal.Admin, "carol", "test", null);

        api.Portal.Time.Advance(TimeSpan.FromMinutes(119));
        (await browser.StatusAsync("/admin")).ShouldBe(HttpStatusCode.OK);
        (await Call(api, key)).ShouldBe(HttpStatusCode.OK);
        api.Portal.Time.Advance(TimeSpan.FromMinutes(1));
        (await browser.StatusAsync("/admin")).ShouldBe(HttpStatusCode.Redirect);
        (await Call(api, key)).ShouldBe(HttpStatusCode.Unauthorized);

        await browser.SignOnAsync();
        (await browser.StatusAsync("/admin")).ShouldBe(HttpStatusCode.OK);
        (await Call(api, key)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Local_users_and_their_keys_go_on()
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);
        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);
        var (_, key) = await api.Portal.Portal.ApiKeys.Make(TestPortal.Admin, ApiCaller.Admin, "test", null);

        api.Portal.Time.Advance(TimeSpan.FromDays(5));
        await api.Portal.Portal.Users.Update(
            TestPortal.Admin,
            ApiCaller.Admin,
            new EPortal.Accounts.UserSettings("another password")
        );

        (await browser.StatusAsync("/admin")).ShouldBe(HttpStatusCode.Redirect);
        (await Call(api, key)).ShouldBe(HttpStatusCode.OK, "a changed password leaves API keys as they are");
    }

    [Theory]
    [InlineData("off")]
    [InlineData("another provider")]
    public async Task It_ends_with_the_provider(string what)
    {
        await using var provider = await Provider();
        await using var api = await ApiCaller.StartAsync(provider.In);
        using var browser = new Browser(api.Portal);
        await browser.SignOnAsync();
        var carol = api.Portal.Portal.Users.FindOrNull("carol")!;
        api.Portal.Portal.Sessions.List("carol").Count.ShouldBe(1);

        var settings = api.Portal.Portal.Settings;
        await using var restarted = Portal.Open(
            what == "off"
                ? settings with
                {
                    OidcClientSecret = null,
                }
                : settings with
                {
                    OidcTokenUrl = new Uri("https://other.example/token"),
                },
            api.Portal.Time
        );

        restarted.Sessions.List("carol").ShouldBeEmpty();
        (await restarted.Sessions.UseOrNull(browser.Token!)).ShouldBeNull();
        restarted.Get<ExternalLogins>().Counts(carol, api.Portal.Time.GetUtcNow()).ShouldBeFalse();
        api.Portal.Portal.Get<ExternalLogins>().Counts(carol, api.Portal.Time.GetUtcNow()).ShouldBeTrue();
    }

    private static Task<FakeProvider> Provider() =>
        FakeProvider.StartAsync(new FakeTimeProvider(new DateTimeOffset(2026, 5, 2, 12, 0, 0, TimeSpan.Zero)));

    private static async Task<HttpStatusCode> Call(ApiCaller api, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/api/feeds");
        request.Headers.Add("X-Api-Key", key);
        return (await api.Send(request)).Status;
    }
}
