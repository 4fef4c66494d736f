using System.Security.Cryptography;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Portal;

/// <summary>
/// Files that root names, in places where root alone may read and write, while the portal's data belongs to another
/// user whom every command becomes.
/// </summary>
public sealed class RootFileTests : IDisposable
{
    private readonly PortalInstallation _installation = new();
    private readonly string _mine;

    public RootFileTests()
    {
        Assert.SkipUnless(Shell.IsRoot, "only root has rights to give up");
        // The portal's user gets to the data folder, and not to what is root's.
        Shell.Run("chmod", "711", Path.GetDirectoryName(_installation.DataDir)!);
        Directory.CreateDirectory(_installation.DataDir);
        Shell.Run("chown", "nobody:nogroup", _installation.DataDir);
        _installation.Environment.Remove("EPORTAL_RUN_AS");
        _mine = Directory
            .CreateDirectory(
                _installation.PathOf("mine"),
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            )
            .FullName;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _installation.Dispose();

    [Fact]
    public async Task All_that_a_carrier_of_patchsets_does_works_with_files_of_root()
    {
        var payload = Mine("payload");
        await File.WriteAllBytesAsync(payload, RandomNumberGenerator.GetBytes(1000), Cancel);
        await _installation.DoAsync("patchset", "keygen", Mine("k"));
        await BuildAsync("K1", payload);
        await BuildAsync("K2", payload);
        await _installation.DoAsync("patchset", "sign", "--key", Mine("k"), "-o", Mine("S2.tar"), Mine("K2.tar"));
        await _installation.DoAsync("patchset", "verify", "--key", Mine("k.pub"), Mine("S2.tar"));
        await _installation.DoAsync("repository", "build", "--key", Mine("k"), Mine("repository"), Mine("K1.tar"));
        _installation.Environment["EPORTAL_TRUSTED_KEYS"] = Mine("k.pub");

        await _installation.DoAsync("kcare", "deploy", Mine("K1.tar"));
        await _installation.DoAsync("bundle", "export", "--key", Mine("k"), Mine("1.bundle"));
        await _installation.DoAsync("backup", Mine("1.tar"));
        await _installation.DoAsync("--deploy", Mine("S2.tar"));
        await File.WriteAllTextAsync(Mine("have"), await _installation.DoAsync("bundle", "have"), Cancel);
        await _installation.DoAsync(
            "bundle",
            "export",
            "--key",
            Mine("k"),
            "--since",
            Mine("1.bundle"),
            Mine("2.bundle")
        );
        await _installation.DoAsync("bundle", "export", "--key", Mine("k"), "--have", Mine("have"), Mine("3.bundle"));
        await _installation.DoAsync("bundle", "import", Mine("2.bundle"));

        foreach (var name in (string[])["k", "k.pub", "K1.tar", "S2.tar", "1.bundle", "2.bundle", "3.bundle"])
            Shell.Stat(Mine(name)).ShouldEndWith(" root", customMessage: name);
        Shell.Stat(Mine("1.bundle")).ShouldBe("600 root");
        Directory.GetFiles(_mine, "*.tmp").ShouldBeEmpty();
        DataBelongsToNobodyElse();
    }

    [Fact]
    public async Task Diagnostics_and_certificates_may_be_roots()
    {
        var pem = Mine("ca.pem");
        using (var key = RSA.Create(2048))
        {
            var request = new System.Security.Cryptography.X509Certificates.CertificateRequest(
                "CN=ca",
                key,
                HashAlgorithmName.SHA256,
                RSASignaturePadding.Pkcs1
            );
            using var certificate = request.CreateSelfSigned(
                DateTimeOffset.UnixEpoch,
                DateTimeOffset.UnixEpoch.AddYears(100)
            );
            await File.WriteAllTextAsync(pem, certificate.ExportCertificatePem(), Cancel);
        }

        await _installation.DoAsync("ldap", "--url", "ldap://ldap.example.com", "--dn", "uid=%s", "--ca-file", pem);
        await _installation.DoAsync("doctor", Mine("d.tar.gz"));

        (await _installation.DoAsync("ldap")).ShouldContain("a private certificate authority");
        Shell.Stat(Mine("d.tar.gz")).ShouldBe("600 root");
        new FileInfo(Mine("d.tar.gz")).Length.ShouldBeGreaterThan(100);
        DataBelongsToNobodyElse();
    }

    [Fact]
    public async Task A_folder_for_patches_that_is_not_there_yet_is_made_for_the_portals_user()
    {
        var patches = _installation.PathOf("disk/of/patches");
        _installation.Environment["EPORTAL_PATCHES_DIR"] = patches;

        await _installation.DoAsync("kcare", "deploy", await _installation.BuildAsync("K1", 1, 1000));

        Shell.Stat(patches).ShouldBe("700 nobody");
        File.Exists(Path.Combine(patches, "arch", "K1.tar")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("doctor")]
    [InlineData("bundle", "export")]
    [InlineData("backup")]
    public async Task No_link_is_followed_and_no_file_of_another_overwritten(params string[] command)
    {
        var open = Directory.CreateDirectory(_installation.PathOf("open")).FullName;
        Shell.Run("chmod", "1777", open);
        var (victim, link, dangling) = (Mine("victim"), Path.Combine(open, "link"), Path.Combine(open, "dangling"));
        await File.WriteAllTextAsync(victim, "mine", Cancel);
        File.CreateSymbolicLink(link, victim);
        File.CreateSymbolicLink(dangling, Mine("made-by-a-stranger"));

        foreach (var path in (string[])[link, dangling, victim])
        {
            var result = await _installation.TryAsync([.. command, path]);
            result.ExitCode.ShouldBe(1, result.ToString());
            result.Stderr.ShouldContain($"{path} already exists");
        }

        (await File.ReadAllTextAsync(victim, Cancel)).ShouldBe("mine");
        File.Exists(Mine("made-by-a-stranger")).ShouldBeFalse();
    }

    [Fact]
    public async Task What_could_not_be_finished_is_left_empty_and_told()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_installation.DataDir, "eportal.sqlite"),
            new string('x', 8192),
            Cancel
        );
        await File.WriteAllTextAsync(Path.Combine(_installation.DataDir, "instance-id"), "a", Cancel);
        foreach (var name in (string[])["eportal.sqlite", "instance-id"])
            Shell.Run("chown", "nobody", Path.Combine(_installation.DataDir, name));

        var result = await _installation.TryAsync("doctor", Mine("d.tar.gz"));

        result.ExitCode.ShouldBe(1);
        result.Stderr.ShouldContain("is damaged");
        result.Stderr.ShouldContain($"{Mine("d.tar.gz")} is left empty");
        new FileInfo(Mine("d.tar.gz")).Length.ShouldBe(0);
    }

    private string Mine(string name) => Path.Combine(_mine, name);

    private Task BuildAsync(string name, string payload) =>
        _installation.DoAsync(
            "patchset",
            "build",
            "--name",
            name,
            "--target",
            name == "K1" ? Sample.Target : new string('c', 40),
            "--level",
            "1",
            "--key",
            Mine("k"),
            Mine($"{name}.tar"),
            $"kpatch.bin={payload}"
        );

    private void DataBelongsToNobodyElse() =>
        Directory
            .EnumerateFileSystemEntries(_installation.DataDir, "*", SearchOption.AllDirectories)
            .Where(path => !Shell.Stat(path).EndsWith(" nobody", StringComparison.Ordinal))
            .ShouldBeEmpty();
}
