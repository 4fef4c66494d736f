using System.Net;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>S32: the time before there is a first user.</summary>
[Trait("threat", "S32")]
public sealed class FirstUserTests
{
    [Fact]
    public async Task The_login_page_says_how_to_make_the_first_user_and_lets_nobody_in()
    {
        await using var portal = await TestPortal.StartAsync();
        using var browser = new Browser(portal);

        (await browser.TextAsync("/admin/login")).ShouldContain("kc.eportal user add admin");
        foreach (
            var (user, password) in new[]
            {
                ("admin", "admin"),
                ("admin", ""),
                ("", ""),
                ("root", "root"),
                ("eportal", "eportal"),
                ("admin", "password"),
            }
        )
            (await browser.PostStatusAsync("/admin/login", ("username", user), ("password", password))).ShouldBe(
                HttpStatusCode.Unauthorized
            );
        (await browser.StatusAsync("/admin")).ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task No_call_makes_one_without_being_one()
    {
        await using var portal = await TestPortal.StartAsync();
        var api = new ApiCaller(portal);

        foreach (var (method, path, _) in ApiRoutesTable.Lines)
            await api.Call(
                method,
                path.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal),
                Carrier.Form,
                null,
                ("username", "eve"),
                ("password", "long enough"),
                ("readonly", "false"),
                ("key", "k"),
                ("hostname", "h"),
                ("name", "eve")
            );

        portal.Portal.Users.List().ShouldBeEmpty();
    }

    [Fact]
    public async Task No_keys_of_the_framework_are_made_beside_the_data_folder()
    {
        await using var portal = await TestPortal.StartAsync();

        portal.Services.GetRequiredService<IDataProtectionProvider>().ShouldBeOfType<EphemeralDataProtectionProvider>();
        portal
            .Services.GetServices<IHostedService>()
            .ShouldAllBe(service => !service.GetType().FullName!.Contains("DataProtection"));
    }

    [Fact]
    public async Task With_a_user_the_hint_is_gone()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);
        (await browser.TextAsync("/admin/login")).ShouldNotContain("kc.eportal");
    }
}
