using System.Net;
using EPortal.Tests.Accounts;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents;

/// <summary>What is shown of the portal before a login, and AUTH_RESTRICTED_INDEX, which closes it.</summary>
public sealed class InstallPageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Strangers_are_told_how_to_install_the_agent_and_no_key()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.Portal.Keys.Add(TestPortal.Admin, "secretkey", new EPortal.Keys.KeySettings("hush"));

        var page = await portal.Http.GetStringAsync("/admin/install", Cancellation);

        page.ShouldContain($"curl -fsS {portal.Address.ToString().TrimEnd('/')}/install-kernelcare | bash");
        page.ShouldContain("kcarectl --register KEY");
        page.ShouldNotContain("secretkey");
        page.ShouldNotContain("X-Api-Key");
        page.ShouldContain("href=\"/admin/login\"");
        (await portal.Http.GetStringAsync("/admin/login", Cancellation)).ShouldContain("href=\"/admin/install\"");
    }

    [Fact]
    public async Task A_restricted_index_is_shown_after_a_login_only()
    {
        await using var api = await ApiCaller.StartAsync(settings => settings with { AuthRestrictedIndex = true });

        using (var answer = await api.Portal.Http.GetAsync("/admin/install", Cancellation))
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
            answer.Headers.Location!.ToString().ShouldStartWith("/admin/login?next=");
        }

        (await api.Portal.Http.GetStringAsync("/admin/login", Cancellation)).ShouldNotContain("/admin/install");
        using var browser = new Browser(api.Portal);
        (await browser.LogInAsync(ApiCaller.Reader, ApiCaller.Password)).Dispose();
        using var whole = await browser.SendAsync(HttpMethod.Get, "/admin/install", []);
        whole.Headers.Location!.ToString().ShouldBe("/admin/docs");
    }

    [Fact]
    public async Task A_host_header_that_means_something_to_a_shell_gets_no_page()
    {
        await using var portal = await TestPortal.StartAsync();

        using var answer = await portal.GetAsync(
            "/admin/install",
            headers: headers => headers.TryAddWithoutValidation("Host", "$(id).example")
        );

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }
}
