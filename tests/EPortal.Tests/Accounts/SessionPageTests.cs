using System.Net;
using EPortal.Accounts.Sessions;
using EPortal.Tests.Api;
using EPortal.Tests.WebConsole;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>The console's page of sessions.</summary>
public sealed class SessionPageTests
{
    [Theory]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux")]
    [InlineData(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0",
        "Edge on Windows"
    )]
    [InlineData(
        "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36",
        "Chrome on Android"
    )]
    [InlineData(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        "Safari on iPhone"
    )]
    [InlineData("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5)", "Unknown browser on macOS")]
    [InlineData("curl/8.5.0", "curl")]
    [InlineData("", "Unknown device")]
    public void A_device_has_a_name_for_people(string agent, string name) => DeviceName.Of(agent).ShouldBe(name);

    [Fact]
    public async Task Readers_see_and_end_their_own_alone()
    {
        await using var visitors = await Visitors.StartAsync();
        var (own, other) = (IdOf(visitors, ApiCaller.Reader), IdOf(visitors, ApiCaller.Admin));

        foreach (var query in new[] { "", "?user=ada" })
        {
            var page = await visitors.Reader.TextAsync("/admin/sessions" + query);
            page.ShouldContain(own);
            page.ShouldContain(">current<");
            page.ShouldNotContain(other);
        }

        (await visitors.Reader.PostStatusAsync($"/admin/sessions/{other}/end")).ShouldBe(HttpStatusCode.NotFound);
        (await visitors.Admin.StatusAsync("/admin")).ShouldBe(HttpStatusCode.OK);
        (await visitors.Reader.PostStatusAsync($"/admin/sessions/{own}/end")).ShouldBe(HttpStatusCode.Redirect);
        (await visitors.Reader.StatusAsync("/admin")).ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task An_admin_sees_and_ends_all()
    {
        await using var visitors = await Visitors.StartAsync();
        var other = IdOf(visitors, ApiCaller.Reader);

        (await visitors.Admin.TextAsync("/admin/sessions")).ShouldContain(other);
        (await visitors.Admin.TextAsync("/admin/sessions?user=ada")).ShouldNotContain(other);
        (await visitors.Done($"/admin/sessions/{other}/end")).ShouldContain("The session was ended.");

        (await visitors.Reader.StatusAsync("/admin")).ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task All_own_others_end_at_once_and_nobody_elses()
    {
        await using var visitors = await Visitors.StartAsync();
        using var second = new Browser(visitors.Portal);
        (await visitors.Admin.TextAsync("/admin/sessions")).ShouldNotContain("end-others");
        await second.LogInAsync(ApiCaller.Admin, ApiCaller.Password);
        (await visitors.Admin.TextAsync("/admin/sessions")).ShouldContain("end-others");

        (await visitors.Done("/admin/sessions/end-others")).ShouldContain("1 other session was ended.");

        (await second.StatusAsync("/admin")).ShouldBe(HttpStatusCode.Redirect);
        (await visitors.Admin.StatusAsync("/admin")).ShouldBe(HttpStatusCode.OK);
        (await visitors.Reader.StatusAsync("/admin")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_browsers_say_of_themselves_is_shown_encoded()
    {
        await using var visitors = await Visitors.StartAsync();
        foreach (var agent in Visitors.Hostile)
            await visitors.Portal.Portal.Sessions.Open(
                new EPortal.Data.Actor(ApiCaller.Admin, "192.0.2.9"),
                ApiCaller.Admin,
                "password",
                agent
            );

        var page = await visitors.Admin.TextAsync("/admin/sessions");

        foreach (var agent in Visitors.Hostile)
            Visitors.ShouldShowEncoded(page, agent);
    }

    private static string IdOf(Visitors visitors, string user) =>
        visitors.Portal.Portal.Sessions.List(user).ShouldHaveSingleItem().Id;
}
