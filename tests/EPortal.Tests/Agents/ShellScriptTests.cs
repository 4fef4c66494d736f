using System.Net;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents;

public sealed class ShellScriptTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("/install-kernelcare")]
    [InlineData("/set-patch-server")]
    [InlineData("/set-kernelcare-repo")]
    public async Task Scripts_hold_this_portals_address_and_key_and_are_right_for_a_shell(string path)
    {
        await using var portal = await TestPortal.StartAsync();

        using var answer = await portal.GetAsync(path);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/x-shellscript");
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var script = await answer.Content.ReadAsStringAsync(Cancellation);
        script.ShouldStartWith("#!/bin/sh\n");
        script.ShouldContain($"'{portal.Address.GetLeftPart(UriPartial.Authority)}");
        if (path != "/set-kernelcare-repo")
            script.ShouldContain(portal.Portal.Signer.KeysForAgents().Trim().Split('\n')[^1]);
        if (path != "/set-patch-server")
            script.ShouldContain((await portal.Http.GetStringAsync("/repo/kernelcare.asc", Cancellation)).Trim());
        script.ShouldNotMatch("@[A-Z0-9_]+@");
        var file = _folder.Write("script", script);
        Shell.Run("bash", "-n", file);
        Shell.Run("sh", "-n", file);
        Shell.Run("shellcheck", "-s", "sh", file);
    }

    [Fact]
    public async Task No_script_switches_a_check_of_a_package_manager_off()
    {
        await using var portal = await TestPortal.StartAsync();

        foreach (var path in (string[])["/install-kernelcare", "/set-kernelcare-repo"])
        {
            var script = await portal.Http.GetStringAsync(path, Cancellation);
            script.ShouldContain("signed-by=");
            script.ShouldContain("\ngpgcheck=1\nrepo_gpgcheck=1\n");
            foreach (
                var way in (string[])
                    ["trusted=yes", "gpgcheck=0", "nogpgcheck", "no-gpg", "allow-unauth", "allow-insecure", "sslverify"]
            )
                script.ShouldNotContain(way, Case.Insensitive);
        }
    }

    [Fact]
    public async Task Scripts_know_which_packages_there_are()
    {
        await using var site = await Packages.RepositorySite.StartAsync();
        await site.ImportAsync(Packages.TestPackages.Deb(site.Folder, architecture: "arm64"));

        var script = await site.Portal.Http.GetStringAsync("/install-kernelcare", Cancellation);

        script.ShouldContain("deb_architectures='arm64'\nrpm_architectures=''\n");
    }

    [Fact]
    public async Task The_address_is_the_one_that_was_asked_for()
    {
        await using var portal = await TestPortal.StartAsync();

        foreach (
            var host in (string[])
                ["patches.example.com", "patches.example.com:8443", "192.0.2.4:80", "[2001:db8::4]:8080", "EPORTAL"]
        )
        {
            var script = (
                await RawHttp.SendAsync(
                    portal.Address,
                    System.Text.Encoding.ASCII.GetBytes(
                        $"GET /install-kernelcare HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n"
                    )
                )
            ).Text;
            script.ShouldContain($"portal='https://{host}'\n");
        }
    }

    [Fact]
    public async Task The_agent_that_is_announced_is_the_one_handed_out()
    {
        await using var portal = await TestPortal.StartAsync();
        var script = await portal.Http.GetStringAsync("/install-kernelcare", Cancellation);
        var announced = script
            .Split('\n')
            .Single(line => line.StartsWith("sha256=", StringComparison.Ordinal))
            .Split('\'')[1];

        using var package = await portal.GetAsync("/packages/kcarectl");

        // Beside the tests lies the agent's program as they build it.
        if (announced.Length == 0)
        {
            package.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            return;
        }

        var bytes = await package.Content.ReadAsByteArrayAsync(Cancellation);
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)).ShouldBe(announced);
    }

    [Fact]
    public async Task Keys_that_are_pinned_are_what_agents_are_told_to_trust()
    {
        var vendor = EPortal.Format.MinisignSecretKey.Generate().PublicKey;
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                TrustedKeys = [vendor.ToString()],
            }
        );

        var script = await portal.Http.GetStringAsync("/set-patch-server", Cancellation);

        script.ShouldContain(vendor.ToString());
    }

    [Fact]
    public async Task Scripts_are_only_read()
    {
        await using var portal = await TestPortal.StartAsync();

        using var answer = await portal.PostAsync("/install-kernelcare", "");

        answer.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task Only_names_that_are_allowed_are_answered()
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                AllowedHosts = ["patches.example.com", "*.int.example"],
            }
        );

        (await Ask(portal, "patches.example.com")).ShouldBe(200);
        (await Ask(portal, "a.int.example:8080")).ShouldBe(200);
        (await Ask(portal, "other.example.com")).ShouldBe(400);
        (await Ask(portal, "patches.example.com.evil.example")).ShouldBe(400);
        (await Ask(portal, "192.0.2.1")).ShouldBe(400);
    }

    private static async Task<int> Ask(TestPortal portal, string host) =>
        (
            await RawHttp.SendAsync(
                portal.Address,
                System.Text.Encoding.ASCII.GetBytes(
                    $"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
                )
            )
        ).Status;
}
