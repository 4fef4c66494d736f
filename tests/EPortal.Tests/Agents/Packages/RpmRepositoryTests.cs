using System.IO.Compression;
using System.Net;
using System.Xml.Linq;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents.Packages;

/// <summary>The repository before the real rpm, dnf and createrepo_c, in folders of its own.</summary>
[Trait("threat", "N43")]
public sealed class RpmRepositoryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rpm_accepts_the_signature_on_each_package_and_no_other_key()
    {
        await using var site = await RepositorySite.StartAsync();
        var original = TestPackages.Rpm(site.Folder);
        await site.ImportAsync(original);
        var served = site.Folder.File("served.rpm");
        await File.WriteAllBytesAsync(
            served,
            await site.Portal.Http.GetByteArrayAsync("/repo/rpm/packages/kernelcare-0.2.0-1.x86_64.rpm", Cancellation),
            Cancellation
        );
        var database = site.Folder.File("db");
        Shell.Run("rpm", "--dbpath", database, "--import", await site.KeyFileAsync());

        var said = Shell.Run("rpm", "--dbpath", database, "-Kv", served);

        said.ShouldContain("Header V4 RSA/SHA256 Signature");
        said.ShouldContain("\n    V4 RSA/SHA256 Signature");
        said.ShouldContain("Payload SHA256 digest: OK");
        said.ShouldNotContain("NOKEY");
        Shell
            .Run("rpm", "-qp", "--dbpath", database, "--dump", served)
            .ShouldBe(Shell.Run("rpm", "-qp", "--dbpath", database, "--dump", original));
        Shell.Run("bash", "-c", $"rpm --dbpath {site.Folder.File("none")} -Kv {served} || true").ShouldContain("NOKEY");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_signed_copy_that_is_lost_or_damaged_is_made_again(bool isLost)
    {
        await using var site = await RepositorySite.StartAsync();
        await site.ImportAsync(TestPackages.Rpm(site.Folder));
        const string Path = "/repo/rpm/packages/kernelcare-0.2.0-1.x86_64.rpm";
        var right = await site.Portal.Http.GetByteArrayAsync(Path, Cancellation);
        var copy = Directory
            .GetFiles(System.IO.Path.Combine(site.Portal.DataFolder, "cache", "agent-packages"))
            .Single();
        if (isLost)
            File.Delete(copy);
        else
            using (var file = new FileStream(copy, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                file.Write("rotten"u8);

        // Signed anew, at another second perhaps; what the list says is what is served.
        var again = await site.Portal.Http.GetByteArrayAsync(Path, Cancellation);

        again.Length.ShouldBe(right.Length);
        var served = site.Folder.File("served.rpm");
        await File.WriteAllBytesAsync(served, again, Cancellation);
        Shell.Run("rpm", "-K", "--nosignature", served).ShouldContain("digests OK");
    }

    [Fact]
    public async Task A_package_that_cannot_be_signed_on_a_full_disk_is_left_out_until_there_is_room()
    {
        await using var site = await RepositorySite.StartAsync();
        var cache = System.IO.Path.Combine(site.Portal.DataFolder, "cache");
        using var disk = SmallDisk.MountOrSkip(cache, "64k");
        var signed = Directory.CreateDirectory(System.IO.Path.Combine(cache, "agent-packages")).FullName;
        disk.Fill();
        await site.ImportAsync(TestPackages.Deb(site.Folder));
        await site.ImportAsync(TestPackages.Rpm(site.Folder));
        const string Package = "kernelcare-0.2.0-1.x86_64.rpm";

        (await PrimaryAsync(site)).ShouldNotContain(Package);
        (await site.Portal.Http.GetAsync($"/repo/rpm/packages/{Package}", Cancellation)).StatusCode.ShouldBe(
            HttpStatusCode.NotFound
        );
        (
            await site.Portal.Http.GetStringAsync("/repo/deb/dists/stable/main/binary-amd64/Packages", Cancellation)
        ).ShouldContain("kernelcare_0.2.0-1_amd64.deb");
        site.Portal.Log.ShouldContain(line => line.Contains(Package) && line.Contains("No space left on device"));
        Directory.GetFiles(signed).ShouldBeEmpty("half a copy must not stay");

        disk.Free();
        site.Portal.Time.Advance(TimeSpan.FromMinutes(2));

        (await PrimaryAsync(site)).ShouldContain(Package);
        (await site.Portal.Http.GetAsync($"/repo/rpm/packages/{Package}", Cancellation)).StatusCode.ShouldBe(
            HttpStatusCode.OK
        );
    }

    [Fact]
    public async Task What_a_killed_import_left_is_deleted_by_the_next()
    {
        await using var site = await RepositorySite.StartAsync();
        var folder = System.IO.Path.Combine(site.Portal.DataFolder, "agent-packages");
        var package = TestPackages.Rpm(site.Folder);
        await site.ImportAsync(package);
        await File.WriteAllTextAsync(System.IO.Path.Combine(folder, ".dead.tmp"), "half", Cancellation);

        await site.ImportAsync(package);

        Directory.GetFiles(folder, ".*.tmp").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_package_that_is_signed_already_is_signed_anew()
    {
        await using var site = await RepositorySite.StartAsync();
        await using var other = await RepositorySite.StartAsync(ownKey: true);
        await other.ImportAsync(TestPackages.Rpm(site.Folder));
        var signed = site.Folder.File("signed.rpm");
        var path = "/repo/rpm/packages/kernelcare-0.2.0-1.x86_64.rpm";
        await File.WriteAllBytesAsync(
            signed,
            await other.Portal.Http.GetByteArrayAsync(path, Cancellation),
            Cancellation
        );
        await site.ImportAsync(signed);
        await File.WriteAllBytesAsync(
            signed,
            await site.Portal.Http.GetByteArrayAsync(path, Cancellation),
            Cancellation
        );
        var database = site.Folder.File("db");
        Shell.Run("rpm", "--dbpath", database, "--import", await site.KeyFileAsync());

        Shell.Run("rpm", "--dbpath", database, "-Kv", signed).ShouldNotContain("NOKEY");
    }

    [Fact]
    public async Task Lists_say_what_createrepo_says()
    {
        await using var site = await RepositorySite.StartAsync();
        await site.ImportAsync(TestPackages.Rpm(site.Folder));
        await site.ImportAsync(TestPackages.Rpm(site.Folder, "0.3.0", "aarch64"));
        var copy = site.Folder.File("copy");
        Directory.CreateDirectory($"{copy}/packages");
        foreach (var name in (string[])["kernelcare-0.2.0-1.x86_64.rpm", "kernelcare-0.3.0-1.aarch64.rpm"])
            await File.WriteAllBytesAsync(
                $"{copy}/packages/{name}",
                await site.Portal.Http.GetByteArrayAsync($"/repo/rpm/packages/{name}", Cancellation),
                Cancellation
            );
        Shell.Run("createrepo_c", "--quiet", "--general-compress-type=gz", copy);

        foreach (var kind in (string[])["primary", "filelists"])
        {
            var theirs = Plain(
                List(kind, XDocument.Load($"{copy}/repodata/repomd.xml"), path => File.ReadAllBytes($"{copy}/{path}"))
            );
            var index = XDocument.Parse(
                await site.Portal.Http.GetStringAsync("/repo/rpm/repodata/repomd.xml", Cancellation)
            );
            var ours = Plain(List(kind, index, path => site.Portal.Http.GetByteArrayAsync($"/repo/rpm/{path}").Result));
            ours.ShouldBe(theirs);
        }
    }

    [Fact]
    public async Task Dnf_installs_updates_and_removes_the_package_with_all_checks_on()
    {
        Assert.SkipUnless(Shell.IsRoot, "dnf installs as root only");
        await using var site = await RepositorySite.StartAsync();
        await site.ImportAsync(TestPackages.Rpm(site.Folder, requires: ""));
        var host = await DnfHost.MakeAsync(site);

        host.Run("install", "kernelcare");
        File.Exists($"{host.Root}/usr/bin/kcarectl").ShouldBeTrue();
        await site.ImportAsync(TestPackages.Rpm(site.Folder, "0.3.0", requires: ""));
        host.Run("--refresh", "upgrade", "kernelcare").ShouldContain("0.3.0");
        host.Run("remove", "kernelcare");

        File.Exists($"{host.Root}/usr/bin/kcarectl").ShouldBeFalse();
    }

    [Fact]
    public async Task Dnf_refuses_lists_of_another_key_and_altered_packages()
    {
        Assert.SkipUnless(Shell.IsRoot, "dnf installs as root only");
        await using var site = await RepositorySite.StartAsync();
        await using var other = await RepositorySite.StartAsync(ownKey: true);
        await site.ImportAsync(TestPackages.Rpm(site.Folder, requires: ""));
        await other.ImportAsync(TestPackages.Rpm(other.Folder, requires: ""));
        var deceived = await DnfHost.MakeAsync(site, other.Url);
        deceived.Refuses("install", "kernelcare").ShouldContain("GPG");
        await using var proxy = await AlteringServer.StartAsync(
            site.Portal.Http,
            (path, body) =>
            {
                if (path.EndsWith(".rpm", StringComparison.Ordinal))
                    body[^1] ^= 1;
                return body;
            }
        );

        deceived = await DnfHost.MakeAsync(site, proxy.Url);
        deceived.Refuses("install", "kernelcare").ShouldContain("checksum");

        File.Exists($"{deceived.Root}/usr/bin/kcarectl").ShouldBeFalse();
    }

    [Fact]
    public async Task Dnf_refuses_a_package_of_another_key_in_lists_of_the_right_one()
    {
        Assert.SkipUnless(Shell.IsRoot, "dnf installs as root only");
        await using var site = await RepositorySite.StartAsync();
        await using var other = await RepositorySite.StartAsync(ownKey: true);
        await other.ImportAsync(TestPackages.Rpm(other.Folder, requires: ""));
        await using var proxy = await AlteringServer.StartAsync(other.Portal.Http, (_, body) => body);
        var host = await DnfHost.MakeAsync(site, proxy.Url, "repo_gpgcheck=0");

        host.Refuses("install", "kernelcare").ShouldContain("GPG");
    }

    private static async Task<string> PrimaryAsync(RepositorySite site)
    {
        var index = XDocument.Parse(
            await site.Portal.Http.GetStringAsync("/repo/rpm/repodata/repomd.xml", Cancellation)
        );
        return List("primary", index, path => site.Portal.Http.GetByteArrayAsync($"/repo/rpm/{path}").Result)
            .ToString();
    }

    private static XDocument List(string kind, XDocument index, Func<string, byte[]> read)
    {
        var names = index.Root!.Name.Namespace;
        var path = index
            .Root.Elements(names + "data")
            .Single(data => data.Attribute("type")!.Value == kind)
            .Element(names + "location")!
            .Attribute("href")!
            .Value;
        using var plain = new GZipStream(new MemoryStream(read(path)), CompressionMode.Decompress);
        return XDocument.Load(plain);
    }

    /// <summary>Packages in one order, without when files came and what createrepo says in another spelling.</summary>
    private static string Plain(XDocument list)
    {
        foreach (var time in list.Descendants().Where(element => element.Name.LocalName == "time"))
            time.Attribute("file")!.Remove();
        // How an element without content is written differs.
        foreach (var empty in list.Descendants().Where(element => !element.HasElements && element.Value.Length == 0))
            empty.RemoveNodes();
        return string.Join(
            '\n',
            list.Root!.Elements().Select(package => package.ToString()).Order(StringComparer.Ordinal)
        );
    }
}
