using System.Collections.Concurrent;
using System.Net;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents.Packages;

/// <summary>The repository before the real apt and gpgv, in folders of its own.</summary>
[Trait("threat", "N43")]
public sealed class AptRepositoryTests
{
    private const string Suite = "/repo/deb/dists/stable";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Gpgv_finds_both_signatures_right()
    {
        await using var site = await RepositorySite.StartAsync();
        await site.ImportAsync(TestPackages.Deb(site.Folder));
        var keyring = site.Folder.File("keyring.gpg");
        Shell.Run("gpg", "--homedir", site.Folder.Path, "--dearmor", "-o", keyring, await site.KeyFileAsync());
        foreach (var name in (string[])["Release", "Release.gpg", "InRelease"])
            site.Folder.Write(name, await site.Portal.Http.GetStringAsync($"{Suite}/{name}", Cancellation));

        Shell.Run("gpgv", "--keyring", keyring, site.Folder.File("Release.gpg"), site.Folder.File("Release"));
        Shell.Run("gpgv", "--keyring", keyring, "-o", site.Folder.File("out"), site.Folder.File("InRelease"));

        File.ReadAllText(site.Folder.File("out")).ShouldBe(File.ReadAllText(site.Folder.File("Release")));
    }

    [Fact]
    public async Task The_key_is_kept_for_its_owner_alone()
    {
        await using var site = await RepositorySite.StartAsync(ownKey: true);

        var key = await site.Portal.Http.GetStringAsync("/repo/kernelcare.asc", Cancellation);

        key.ShouldStartWith("-----BEGIN PGP PUBLIC KEY BLOCK-----\n");
        Shell.Run("stat", "-c", "%a", AgentRepositoryKey.FileOf(site.Portal.DataFolder)).ShouldBe("600");
    }

    [Fact]
    public async Task Apt_takes_the_newest_package()
    {
        await using var site = await RepositorySite.StartAsync();
        await site.ImportAsync(TestPackages.Deb(site.Folder));
        await site.ImportAsync(TestPackages.Deb(site.Folder, "1:0.1~a+b"));
        await site.ImportAsync(TestPackages.Deb(site.Folder, architecture: "arm64"));
        var host = await AptHost.MakeAsync(site);

        var lines = host.Run("update").Split('\n');
        lines.ShouldNotContain(line => line.StartsWith("W:", StringComparison.Ordinal), string.Join('\n', lines));
        host.Run("download", "kernelcare").ShouldContain("kernelcare amd64 1:0.1~a+b");

        Directory.GetFiles(host.Folder, "kernelcare_*.deb").Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_package_that_came_is_seen_and_one_that_went_is_gone()
    {
        await using var site = await RepositorySite.StartAsync();
        var host = await AptHost.MakeAsync(site);
        host.Run("update");
        host.Try("download", "kernelcare").ExitCode.ShouldNotBe(0);

        await site.ImportAsync(TestPackages.Deb(site.Folder));
        site.Portal.Time.Advance(TimeSpan.FromSeconds(1));
        host.Run("update");
        host.Run("download", "kernelcare");
        await site.Portal.Portal.AgentPackages.Delete(TestPortal.Admin, "kernelcare_0.2.0-1_amd64.deb");
        site.Portal.Time.Advance(TimeSpan.FromSeconds(1));
        host.Run("update");
        host.Try("download", "kernelcare").ExitCode.ShouldNotBe(0);
    }

    [Fact]
    public async Task Metadata_signed_by_another_key_is_refused()
    {
        await using var site = await RepositorySite.StartAsync();
        await using var other = await RepositorySite.StartAsync(ownKey: true);
        await other.ImportAsync(TestPackages.Deb(other.Folder));
        var host = await AptHost.MakeAsync(site, other.Url);

        var (exit, output) = host.Try("update", "-o", "APT::Update::Error-Mode=any");

        exit.ShouldNotBe(0, output);
        output.ShouldContain("NO_PUBKEY");
        host.Try("download", "kernelcare").ExitCode.ShouldNotBe(0);
    }

    [Fact]
    public async Task An_altered_package_is_refused()
    {
        await using var site = await RepositorySite.StartAsync();
        await site.ImportAsync(TestPackages.Deb(site.Folder));
        await using var proxy = await AlteringServer.StartAsync(
            site.Portal.Http,
            (path, body) =>
            {
                if (path.EndsWith(".deb", StringComparison.Ordinal))
                    body[^1] ^= 1;
                return body;
            }
        );
        var host = await AptHost.MakeAsync(site, proxy.Url);
        host.Run("update");

        var (exit, output) = host.Try("download", "kernelcare");

        exit.ShouldNotBe(0);
        output.ShouldContain("Hash Sum mismatch");
    }

    [Fact]
    public async Task Older_metadata_does_not_come_back()
    {
        await using var site = await RepositorySite.StartAsync();
        await site.ImportAsync(TestPackages.Deb(site.Folder, "0.1"));
        var passed = new ConcurrentDictionary<string, byte[]>(StringComparer.Ordinal);
        Dictionary<string, byte[]> replayed = [];
        await using var proxy = await AlteringServer.StartAsync(
            site.Portal.Http,
            (path, body) => replayed.GetValueOrDefault(path) ?? (passed[path] = body)
        );
        var host = await AptHost.MakeAsync(site, proxy.Url);
        host.Run("update");
        var old = passed.ToDictionary(StringComparer.Ordinal);
        await site.ImportAsync(TestPackages.Deb(site.Folder, "0.2"));
        site.Portal.Time.Advance(TimeSpan.FromSeconds(2));
        host.Run("update");
        host.Run("download", "--print-uris", "kernelcare").ShouldContain("kernelcare_0.2_amd64.deb");

        replayed = old;
        host.Try("update");

        host.Run("download", "--print-uris", "kernelcare").ShouldContain("kernelcare_0.2_amd64.deb");
    }

    [Fact]
    public async Task A_list_without_packages_is_a_compressed_file_too()
    {
        await using var site = await RepositorySite.StartAsync();
        var list = site.Folder.File("Packages.gz");
        var address = $"{Suite}/main/binary-arm64/Packages.gz";
        await File.WriteAllBytesAsync(
            list,
            await site.Portal.Http.GetByteArrayAsync(address, Cancellation),
            Cancellation
        );

        Shell.Run("gzip", "-dc", list).ShouldBe("");
    }

    [Fact]
    public async Task Metadata_that_is_held_back_expires()
    {
        await using var site = await RepositorySite.StartAsync(isToday: false);
        await site.ImportAsync(TestPackages.Deb(site.Folder));
        var host = await AptHost.MakeAsync(site);

        var (exit, output) = host.Try("update", "-o", "APT::Update::Error-Mode=any");

        exit.ShouldNotBe(0, output);
        output.ShouldContain("is expired");
    }

    [Fact]
    public async Task Lists_stay_reachable_by_hash_for_those_who_are_between_two_requests()
    {
        await using var site = await RepositorySite.StartAsync();
        await site.ImportAsync(TestPackages.Deb(site.Folder));
        var release = await site.Portal.Http.GetStringAsync($"{Suite}/Release", Cancellation);
        var list = release
            .Split('\n')
            .Single(line => line.EndsWith(" main/binary-amd64/Packages.gz", StringComparison.Ordinal))
            .Trim()
            .Split(' ')[0];
        await site.ImportAsync(TestPackages.Deb(site.Folder, "0.3"));
        (await site.Portal.Http.GetStringAsync($"{Suite}/Release", Cancellation)).ShouldNotContain(list);

        using var answer = await site.Portal.GetAsync($"{Suite}/main/binary-amd64/by-hash/SHA256/{list}");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_package_that_rots_on_disk_is_not_handed_out()
    {
        await using var site = await RepositorySite.StartAsync();
        await site.ImportAsync(TestPackages.Deb(site.Folder));
        var (path, package) = ("/repo/deb/pool/main/k/kernelcare/kernelcare_0.2.0-1_amd64.deb", "");
        using (var good = await site.Portal.GetAsync(path))
            good.StatusCode.ShouldBe(HttpStatusCode.OK);
        package = Directory.GetFiles(Path.Combine(site.Portal.DataFolder, "agent-packages"), "*.deb").Single();
        // Shared: the portal may still hold the file it just sent.
        using (var file = new FileStream(package, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.Write("rotten"u8);

        using var bad = await site.Portal.GetAsync(path);

        bad.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        site.Portal.Log.ShouldContain(line => line.Contains("left out"));
    }

    [Theory]
    [InlineData("/repo/deb/")]
    [InlineData("/repo/deb")]
    [InlineData("/repo/deb/pool/main/k/kernelcare/")]
    [InlineData("/repo/deb/%2e%2e/%2e%2e/config/agent-repository.key")]
    [InlineData("/repo/deb/..%2f..%2fconfig/agent-repository.key")]
    [InlineData("/repo/deb//etc/passwd")]
    [InlineData("/repo/rpm/packages/../../config/agent-repository.key")]
    [InlineData("/repo/rpm/repodata/x.xml.gz")]
    [InlineData("/repo/")]
    public async Task Paths_that_are_no_file_of_it_lead_nowhere(string path)
    {
        await using var site = await RepositorySite.StartAsync();

        var answer = await RawHttp.GetAsync(site.Portal.Address, path);

        ((int[])[400, 404]).ShouldContain(answer.Status, path);
        answer.Text.ShouldNotContain("PRIVATE KEY");
    }
}
