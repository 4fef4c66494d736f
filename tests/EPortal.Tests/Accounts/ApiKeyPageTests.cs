using System.Net;
using System.Text.RegularExpressions;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using EPortal.Tests.WebConsole;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>The console's pages of API keys.</summary>
public sealed partial class ApiKeyPageTests
{
    [Fact]
    public async Task A_key_is_shown_once_and_works()
    {
        await using var visitors = await Visitors.StartAsync();

        using var made = await visitors.Reader.PostAsync("/admin/api-keys", ("name", "backup"), ("expires_days", "30"));
        made.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        using var answer = await visitors.Reader.GetAsync(made.Headers.Location!.ToString());
        var page = await Visitors.TextOf(answer);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var key = Whole().Match(page).Value;
        key.ShouldNotBeEmpty();

        (await AccountsCallTests.ByKey(visitors.Api, key, "GET", "/feeds")).Status.ShouldBe(HttpStatusCode.OK);
        var list = await visitors.Reader.TextAsync("/admin/api-keys");
        list.ShouldContain("in 30 days");
        list.ShouldContain("just now</time> from 127.0.0.1");
        list.ShouldNotContain(key);
        Whole().IsMatch(list).ShouldBeFalse();
        visitors.Portal.Log.ShouldNotContain(line => line.Contains(key, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "30", "nter a name")]
    [InlineData("x", "0", "number of days must be")]
    [InlineData("x", "many", "number of days must be")]
    public async Task What_cannot_be_is_refused_with_the_form_as_it_was(string name, string days, string sentence)
    {
        await using var visitors = await Visitors.StartAsync();

        var page = await visitors.Refused("/admin/api-keys", ("name", name), ("expires_days", days));

        page.ShouldContain(sentence);
        page.ShouldContain($"value=\"{days}\"");
    }

    [Fact]
    public async Task Readers_see_and_end_their_own_alone()
    {
        await using var visitors = await Visitors.StartAsync();
        var (own, _) = await visitors.Portal.Portal.ApiKeys.Make(TestPortal.Admin, ApiCaller.Reader, "own", null);
        var (other, _) = await visitors.Portal.Portal.ApiKeys.Make(TestPortal.Admin, ApiCaller.Admin, "foreign", null);

        foreach (var query in new[] { "", "?user=ada" })
        {
            var list = await visitors.Reader.TextAsync("/admin/api-keys" + query);
            list.ShouldContain(own.KeyId);
            list.ShouldNotContain(other.KeyId);
        }

        (await visitors.Reader.StatusAsync($"/admin/api-keys/{other.KeyId}")).ShouldBe(HttpStatusCode.NotFound);
        (await visitors.Reader.PostStatusAsync($"/admin/api-keys/{other.KeyId}/revoke", ("sure", "true"))).ShouldBe(
            HttpStatusCode.NotFound
        );
        (await visitors.Reader.PostStatusAsync($"/admin/api-keys/{own.KeyId}/revoke", ("sure", "true"))).ShouldBe(
            HttpStatusCode.Redirect
        );
        visitors.Portal.Portal.ApiKeys.List(null).ShouldHaveSingleItem().KeyId.ShouldBe(other.KeyId);
    }

    [Fact]
    public async Task An_admin_ends_anybodys_when_it_is_meant()
    {
        await using var visitors = await Visitors.StartAsync();
        var (key, text) = await visitors.Portal.Portal.ApiKeys.Make(TestPortal.Admin, ApiCaller.Reader, "backup", null);

        (await visitors.Admin.TextAsync("/admin/api-keys?user=rob")).ShouldContain(key.KeyId);
        (await visitors.Admin.TextAsync("/admin/api-keys?user=ada")).ShouldNotContain(key.KeyId);
        (await visitors.Refused($"/admin/api-keys/{key.KeyId}/revoke")).ShouldContain("confirm the deletion");
        (await visitors.Done($"/admin/api-keys/{key.KeyId}/revoke", ("sure", "true"))).ShouldContain(
            "API key backup was revoked."
        );

        (await AccountsCallTests.ByKey(visitors.Api, text, "GET", "/feeds")).Status.ShouldBe(
            HttpStatusCode.Unauthorized
        );
    }

    [Fact]
    public async Task An_ended_key_says_so_and_names_are_encoded()
    {
        await using var visitors = await Visitors.StartAsync();
        foreach (var name in Visitors.Hostile)
            await visitors.Portal.Portal.ApiKeys.Make(
                TestPortal.Admin,
                ApiCaller.Admin,
                name,
                visitors.Portal.Time.GetUtcNow().AddDays(1)
            );
        visitors.Portal.Time.Advance(TimeSpan.FromDays(2));

        var list = await visitors.Admin.TextAsync("/admin/api-keys");

        list.ShouldContain("expired");
        foreach (var key in visitors.Portal.Portal.ApiKeys.List(null))
        {
            Visitors.ShouldShowEncoded(list, key.Name);
            Visitors.ShouldShowEncoded(await visitors.Admin.TextAsync($"/admin/api-keys/{key.KeyId}"), key.Name);
        }
    }

    [GeneratedRegex("ep_[A-Za-z0-9]{12}_[A-Za-z0-9]{40}")]
    private static partial Regex Whole();
}
