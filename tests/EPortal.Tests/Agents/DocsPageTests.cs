using System.Net;
using EPortal.Hosting;
using EPortal.Keys;
using EPortal.Tests.WebConsole;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents;

/// <summary>The console's guide to the agent.</summary>
public sealed class DocsPageTests
{
    [Fact]
    public async Task It_is_filled_in_with_the_address_and_the_chosen_key()
    {
        await using var visitors = await Visitors.StartAsync();
        await visitors.Portal.Portal.Keys.Add(TestPortal.Admin, "web-servers", new KeySettings());
        var portal = visitors.Portal.Address.GetLeftPart(UriPartial.Authority);

        var page = WebUtility.HtmlDecode(await visitors.Admin.TextAsync("/admin/docs?key=web-servers"));

        page.ShouldContain($"curl -fsS {portal}/install-kernelcare | bash\nkcarectl --register web-servers");
        page.ShouldContain($"curl -fsS {portal}/set-patch-server | bash");
        page.ShouldContain($"PATCH_SERVER={portal}/\nREGISTRATION_URL={portal}/admin/api/kcare");
        page.ShouldContain("registration_key: web-servers");
        page.ShouldContain("cmd: /usr/bin/kcarectl --register {{ registration_key }}");
        page.ShouldContain("<option value=\"web-servers\" selected>");
        (await visitors.Admin.TextAsync("/admin/docs?key=no-such-key")).ShouldContain(
            $"kcarectl --register {TestPortal.Key}"
        );
    }

    [Fact]
    public async Task What_it_tells_to_fetch_is_there()
    {
        await using var visitors = await Visitors.StartAsync();
        var page = WebUtility.HtmlDecode(await visitors.Reader.TextAsync("/admin/docs"));

        var told = page.Split(["curl -fsS ", " | bash"], StringSplitOptions.None)
            .Where(part =>
                part.StartsWith(visitors.Portal.Address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)
            )
            .Distinct()
            .ToList();

        told.Count.ShouldBe(3);
        foreach (var address in told)
            (await visitors.Portal.Http.GetStringAsync(address, TestContext.Current.CancellationToken)).ShouldStartWith(
                "#!/bin/"
            );
    }

    [Fact]
    public async Task Without_a_key_it_says_so()
    {
        await using var visitors = await Visitors.StartAsync();
        await visitors.Portal.Portal.Servers.DeleteKey(TestPortal.Admin, TestPortal.Key);

        var page = await visitors.Admin.TextAsync("/admin/docs");

        page.ShouldContain("There is no registration key yet");
        page.ShouldContain("kcarectl --register KEY");
    }

    [Fact]
    public async Task The_address_is_believed_as_in_the_scripts()
    {
        await using var visitors = await Visitors.StartAsync(settings =>
            settings with
            {
                TrustedProxies = [NetworkRange.ParseOrNull("127.0.0.1")!],
                AllowedHosts = ["127.0.0.1", "patches.example.com"],
            }
        );

        (
            await Ask(visitors, ("X-Forwarded-Host", "patches.example.com"), ("X-Forwarded-Proto", "https"))
        ).ShouldContain("curl -fsS https://patches.example.com/install-kernelcare | bash");
        (await Ask(visitors, ("X-Forwarded-Host", "evil.example"))).ShouldNotContain("install-kernelcare");
        (await Ask(visitors, ("X-Forwarded-Host", "patches.example.com;id"))).ShouldNotContain("patches.example.com");
    }

    [Fact]
    public async Task Notes_of_keys_are_shown_encoded_and_the_header_is_the_one_that_is_set()
    {
        await using var visitors = await Visitors.StartAsync(settings => settings with { ApiAuthHeader = "X-Token" });
        var note = string.Join(' ', Visitors.Hostile);
        await visitors.Portal.Portal.Keys.Update(TestPortal.Admin, TestPortal.Key, new KeySettings(Note: note));

        var page = await visitors.Admin.TextAsync("/admin/docs");

        Visitors.ShouldShowEncoded(page, note);
        WebUtility.HtmlDecode(page).ShouldContain("\"X-Token: $PORTAL_KEY\"");
        Visitors.ShouldChangeNothing(
            (await visitors.Reader.TextAsync("/admin/docs"))
                .Replace("data-copy", "", StringComparison.Ordinal)
                .Replace("<button type=\"button\"", "", StringComparison.Ordinal)
                .Replace("<button class=\"btn\">Use this key", "", StringComparison.Ordinal)
        );
    }

    private static async Task<string> Ask(Visitors visitors, params (string Name, string Value)[] headers)
    {
        using var answer = await visitors.Reader.SendAsync(HttpMethod.Get, "/admin/docs", [], headers);
        return WebUtility.HtmlDecode(await Visitors.TextOf(answer));
    }
}
