using System.Text;
using EPortal.Hosting;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents;

/// <summary>
/// Shell characters in what a request says of the portal's name, which ends up in a script that root runs.
/// </summary>
[Trait("threat", "G16")]
public sealed class HostHeaderInjectionTests
{
    private static readonly string[] Scripts = ["/install-kernelcare", "/set-kernelcare-repo", "/set-patch-server"];

    private static readonly string[] Hostile =
    [
        "$(reboot)",
        "`reboot`",
        "a;reboot",
        "a'b",
        "a\"b",
        "a|b",
        "a&b",
        "a b",
        "a\tb",
        "a>b",
        "a\\b",
        "a/b",
        "a/../b",
        "a?b",
        "a#b",
        "a@b",
        "user:pass@host",
        "a%0Ab",
        "a%27",
        "a:b",
        "a:1;x",
        "a:99999999",
        "-oProxyCommand=x",
        ".",
        "..",
        "[::1]x",
        "[::1",
        "[a'b]",
        "a{b,c}",
        "a*",
        "~",
        "!",
        "a\u00e4",
        "a,b",
        "http://x",
        "",
    ];

    [Fact]
    public async Task A_host_that_is_no_plain_name_gets_no_script()
    {
        await using var portal = await TestPortal.StartAsync();

        foreach (var (host, script) in Hostile.SelectMany(host => Scripts.Select(script => (host, script))))
        {
            var answer = await Ask(portal, script, $"Host: {host}");
            answer.Status.ShouldBe(400, host);
            answer.Text.ShouldNotContain("#!/bin/bash");
        }
    }

    [Fact]
    public async Task Neither_does_one_that_a_proxy_forwards()
    {
        await using var portal = await TestPortal.StartAsync();

        // A comma divides the names that several proxies saw.
        foreach (
            var (host, script) in Hostile
                .Where(host => host != "a,b")
                .SelectMany(host => Scripts.Select(script => (host, script)))
        )
        {
            var answer = await Ask(portal, script, $"Host: {portal.Address.Authority}", $"X-Forwarded-Host: {host}");
            if (answer.Status == 200)
                answer.Text.ShouldContain(
                    $"'{portal.Address.GetLeftPart(UriPartial.Authority)}",
                    customMessage: "only its own name may be left"
                );
            else
                answer.Status.ShouldBe(400, host);
        }
    }

    [Theory]
    [InlineData("javascript")]
    [InlineData("ftp")]
    [InlineData("http'; reboot; '")]
    [InlineData("$(reboot)")]
    [InlineData("https http")]
    public async Task Neither_does_a_forwarded_scheme_that_is_none(string scheme)
    {
        await using var portal = await TestPortal.StartAsync();

        foreach (var script in Scripts)
        {
            var answer = await Ask(portal, script, $"Host: {portal.Address.Authority}", $"X-Forwarded-Proto: {scheme}");
            answer.Text.ShouldNotContain(scheme);
            if (answer.Status == 200)
                answer.Text.ShouldContain($"'http://{portal.Address.Authority}");
            else
                answer.Status.ShouldBe(400);
        }
    }

    [Fact]
    public async Task Forwarded_headers_of_a_stranger_change_nothing()
    {
        foreach (
            var proxies in (NetworkRange[][])
                [
                    [],
                    [NetworkRange.ParseOrNull("192.0.2.1")!],
                ]
        )
        {
            await using var portal = await TestPortal.StartAsync(settings =>
                settings with
                {
                    TrustedProxies = proxies,
                }
            );

            var answer = await Ask(
                portal,
                "/install-kernelcare",
                $"Host: {portal.Address.Authority}",
                "X-Forwarded-Host: evil.example",
                "X-Forwarded-Proto: https",
                "X-Forwarded-For: 192.0.2.1",
                "Forwarded: host=evil.example;proto=https"
            );

            answer.Status.ShouldBe(200);
            answer.Text.ShouldContain($"portal='http://{portal.Address.Authority}'\n");
            answer.Text.ShouldNotContain("evil.example");
        }
    }

    [Fact]
    public async Task A_forwarded_name_must_be_allowed_too()
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                AllowedHosts = ["patches.example.com", "127.0.0.1"],
            }
        );

        (
            await Ask(
                portal,
                "/install-kernelcare",
                $"Host: {portal.Address.Authority}",
                "X-Forwarded-Host: patches.example.com"
            )
        ).Status.ShouldBe(200);
        (
            await Ask(
                portal,
                "/install-kernelcare",
                $"Host: {portal.Address.Authority}",
                "X-Forwarded-Host: evil.example"
            )
        ).Status.ShouldBe(400);
        (await Ask(portal, "/install-kernelcare", "Host: evil.example")).Status.ShouldBe(400);
        (await Ask(portal, "/install-kernelcare", "Host: 127.0.0.1", "Host: evil.example")).Status.ShouldBe(400);
    }

    [Fact]
    public async Task A_chain_of_named_proxies_is_followed_to_the_first_that_is_none()
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                TrustedProxies = [NetworkRange.ParseOrNull("127.0.0.1")!, NetworkRange.ParseOrNull("198.51.100.0/24")!],
            }
        );
        var id = await portal.RegisterAsync();

        using (await portal.CheckInAsync(TestPortal.Facts(id), "203.0.113.66, 192.0.2.7, 198.51.100.1")) { }

        portal.TheServer().Facts.Ip.ShouldBe("192.0.2.7");
    }

    [Fact]
    public async Task Only_the_nearest_of_several_proxies_is_believed()
    {
        await using var portal = await TestPortal.StartAsync();
        var id = await portal.RegisterAsync();

        using (await portal.CheckInAsync(TestPortal.Facts(id), "203.0.113.66, 198.51.100.1")) { }

        portal.TheServer().Facts.Ip.ShouldBe("198.51.100.1");
    }

    [Theory]
    [InlineData("admin@example.com", "MAILTO=admin@example.com")]
    [InlineData("a@b.c,d_e+f@g.h", "MAILTO=a@b.c,d_e+f@g.h")]
    [InlineData("x\n* * * * * root reboot", null)]
    [InlineData("$(reboot)", null)]
    [InlineData("a b", null)]
    [InlineData("", null)]
    public async Task The_mail_address_of_the_installer_cannot_become_a_job(string mail, string? line)
    {
        await using var portal = await TestPortal.StartAsync();
        var script = await portal.Http.GetStringAsync("/install-kernelcare", TestContext.Current.CancellationToken);
        var from = script.IndexOf("    {\n", StringComparison.Ordinal);
        var to = script.IndexOf("    } >", StringComparison.Ordinal);
        using var folder = new TempFolder();
        var job = folder.Write(
            "job",
            $"set -eu\nKCARE_MAILTO=$(cat {folder.File("mail")}; echo x)\nKCARE_MAILTO=${{KCARE_MAILTO%x}}\n{script[from..to]}    }}\n"
        );
        folder.Write("mail", mail);

        var table = Shell.Run("bash", job).Split('\n');

        string[] jobs =
        [
            "17 */4 * * * root /usr/bin/kcarectl --auto-update",
            "@reboot root /usr/bin/kcarectl --update",
        ];
        table.ShouldBe(line is null ? jobs : [line, .. jobs]);
    }

    private static Task<RawAnswer> Ask(TestPortal portal, string path, params string[] headers) =>
        RawHttp.SendAsync(
            portal.Address,
            Encoding.UTF8.GetBytes(
                $"GET {path} HTTP/1.1\r\n{string.Concat(headers.Select(header => header + "\r\n"))}Connection: close\r\n\r\n"
            )
        );
}
