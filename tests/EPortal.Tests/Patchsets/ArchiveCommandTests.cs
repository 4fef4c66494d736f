using EPortal.Format;
using EPortal.Tests.Cli;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Patchsets;

/// <summary><c>patchset keygen|build|verify|sign</c>: archives without a portal.</summary>
public sealed class ArchiveCommandTests : IDisposable
{
    private static readonly string Target = new('a', 40);

    private readonly TempFolder _folder = new();

    public ArchiveCommandTests() => _folder.Write("payload", "the patch");

    private string Archive => _folder.File("K1.tar.gz");

    private string Payload => $"kpatch.bin={_folder.File("payload")}";

    public void Dispose()
    {
        Directory.Exists(_folder.File("data")).ShouldBeFalse("these commands need no portal");
        _folder.Dispose();
    }

    [Theory]
    [InlineData(".tar")]
    [InlineData(".tar.gz")]
    [InlineData(".tar.bz2")]
    [InlineData(".tar.zst")]
    public async Task An_archive_is_built_signed_and_verified(string ending)
    {
        var archive = _folder.File("K1" + ending);
        var (_, key, _) = await Run("patchset", "keygen", _folder.File("v.key"));
        var id = MinisignPublicKey.Parse(key.Trim()).KeyId;

        (await Build(archive, "--key", _folder.File("v.key"))).ShouldBe((0, $"K1 was written, signed by {id}\n", ""));
        var (exit, output, error) = await Run("patchset", "verify", "--key", _folder.File("v.key.pub"), archive);

        (exit, error).ShouldBe((0, ""));
        output.ShouldMatch($"^K1 is valid: 1 target, [0-9]+ bytes, signed by {id}\n\\z");
    }

    [Fact]
    public async Task What_the_options_say_stands_in_the_manifest()
    {
        var changelog = _folder.Write("changelog", "# News");
        (
            await Build(
                Archive,
                "--released",
                "2026-04-01T00:00:00Z",
                "--channel",
                "test",
                "--distro",
                "debian12",
                "--release",
                "6.1.0-18-amd64",
                "--euname",
                "6.1.0-19-amd64",
                "--machine",
                "x86_64",
                "--summary",
                "one line",
                "--changelog",
                changelog,
                "--cve",
                "CVE-2026-1",
                "--cve",
                "CVE-2026-2"
            )
        ).Exit.ShouldBe(0);

        await using var file = File.OpenRead(Archive);
        var manifest = (
            await PatchsetArchive.VerifyAsync(
                file,
                TrustedKeys.None,
                PatchsetLimits.Default,
                DateTimeOffset.UtcNow,
                TestContext.Current.CancellationToken
            )
        ).Manifest;

        (manifest.Name, manifest.Product, manifest.Channel, manifest.Summary, manifest.Changelog).ShouldBe(
            ("K1", Product.Kernel, "test", "one line", "# News")
        );
        manifest.Released.ShouldBe(new DateTimeOffset(2026, 4, 1, 0, 0, 0, TimeSpan.Zero));
        var target = manifest.Targets.ShouldHaveSingleItem();
        (target.Id, target.Level, target.Distro, target.Release, target.Euname, target.Machine).ShouldBe(
            (Target, 1, "debian12", "6.1.0-18-amd64", "6.1.0-19-amd64", "x86_64")
        );
        target.Cves.ShouldBe(["CVE-2026-1", "CVE-2026-2"]);
        target.Files.Keys.ShouldBe(["kpatch.bin", "kpatch.info"], ignoreOrder: true);
    }

    [Fact]
    public async Task The_kernel_id_can_come_from_a_copy_of_proc_version()
    {
        var version = _folder.Write("version", "Linux version 6.1.0-18-amd64 (x) #1\n");

        (
            await Run("patchset", "build", "--name", "K1", "--target", $"@{version}", "--level", "1", Archive, Payload)
        ).Exit.ShouldBe(0);

        await using var file = File.OpenRead(Archive);
        var staged = await PatchsetArchive.VerifyAsync(
            file,
            TrustedKeys.None,
            PatchsetLimits.Default,
            DateTimeOffset.UtcNow,
            TestContext.Current.CancellationToken
        );
        staged.Manifest.Targets.Single().Id.ShouldBe(Shell.Run("sha1sum", version).Split(' ')[0]);
    }

    [Fact]
    public async Task An_unsigned_archive_is_signed_in_place_or_beside_and_again_by_another()
    {
        await Build(Archive);
        var first = await KeyAsync("first");
        var second = await KeyAsync("second");
        var signed = _folder.File("signed.tar.bz2");

        (await Run("patchset", "verify", "--key", first, Archive)).Exit.ShouldBe(1);
        (await Run("patchset", "sign", "--key", _folder.File("first"), "-o", signed, Archive)).Exit.ShouldBe(0);
        (await Run("patchset", "verify", "--key", first, signed)).Exit.ShouldBe(0);
        (await Run("patchset", "verify", "--key", second, signed)).Exit.ShouldBe(1);
        (await Run("patchset", "verify", "--key", first, "--key", second, signed)).Exit.ShouldBe(0);
        (await Run("patchset", "verify", Archive)).Out.ShouldEndWith("signatures not checked, no key is trusted\n");

        (await Run("patchset", "sign", "--key", _folder.File("second"), signed)).Exit.ShouldBe(0);
        (await Run("patchset", "verify", "--key", second, signed)).Exit.ShouldBe(0);
        (await Run("patchset", "verify", "--key", first, signed)).Exit.ShouldBe(1);
    }

    [Fact]
    public async Task Programs_get_json()
    {
        var keygen = await Json("patchset", "keygen", _folder.File("v.key"), "--json");
        var id = keygen.GetProperty("id").GetString();
        keygen.GetProperty("public_key").GetString().ShouldBe(File.ReadLines(_folder.File("v.key.pub")).Last());
        var built = await Json(
            "patchset",
            "build",
            "--name",
            "K1",
            "--target",
            Target,
            "--level",
            "1",
            "--key",
            _folder.File("v.key"),
            "--json",
            Archive,
            Payload
        );
        (
            built.GetProperty("patchset").GetString(),
            built.GetProperty("targets").GetInt32(),
            built.GetProperty("signed_by").GetString()
        ).ShouldBe(("K1", 1, id));
        var verified = await Json("patchset", "verify", "--key", _folder.File("v.key.pub"), "--json", Archive);
        verified
            .EnumerateObject()
            .Select(property => property.Name)
            .ShouldBe(["patchset", "product", "released", "targets", "bytes", "signed_by"]);
        (await Json("patchset", "sign", "--key", _folder.File("v.key"), "--json", Archive))
            .GetProperty("signed_by")
            .GetString()
            .ShouldBe(id);
    }

    [Theory]
    [InlineData("must end in .tar", "K1.zip", "kpatch.bin=PAYLOAD")]
    [InlineData("use NAME=FILE", "K1.tar", "kpatch.bin")]
    [InlineData("use NAME=FILE", "K1.tar", "../x=PAYLOAD")]
    [InlineData("each name once", "K1.tar", "kpatch.bin=PAYLOAD", "kpatch.bin=PAYLOAD")]
    [InlineData("file not found", "K1.tar", "kpatch.bin=/no/such/file")]
    public async Task What_cannot_be_built_is_said_and_nothing_written(
        string said,
        string archive,
        params string[] files
    )
    {
        var (exit, output, error) = await Run([
            "patchset",
            "build",
            "--name",
            "K1",
            "--target",
            Target,
            "--level",
            "1",
            _folder.File(archive),
            .. files.Select(file => file.Replace("PAYLOAD", _folder.File("payload"), StringComparison.Ordinal)),
        ]);

        (exit, output).ShouldBe((1, ""));
        error.ShouldContain(said);
        Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName).ShouldBe(["payload"]);
    }

    [Theory]
    [InlineData("name", "--name", "../K1")]
    [InlineData("level", "--level", "0")]
    [InlineData("level", "--level", "-1")]
    [InlineData("id", "--target", "XYZ")]
    [InlineData("RFC 3339", "--released", "yesterday")]
    public async Task A_value_that_makes_no_good_patchset_is_named(string said, string option, string value)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["--name"] = "K1",
            ["--target"] = Target,
            ["--level"] = "1",
            [option] = value,
        };

        var (exit, output, error) = await Run([
            "patchset",
            "build",
            .. options.SelectMany(pair => new[] { pair.Key, pair.Value }),
            Archive,
            Payload,
        ]);

        (exit, output).ShouldBe((1, ""));
        error.ShouldContain(said);
        File.Exists(Archive).ShouldBeFalse();
    }

    [Fact]
    public async Task Files_that_are_not_there_or_no_keys_are_told()
    {
        var key = _folder.File("v.key");
        await Run("patchset", "keygen", key);
        (await Run("patchset", "verify", "/no/such/file")).ShouldBe((1, "", "error: file not found: /no/such/file\n"));
        (await Run("patchset", "sign", "--key", _folder.File("no"), Archive)).ShouldBe(
            (1, "", $"error: file not found: {_folder.File("no")}\n")
        );
        (await Run("patchset", "sign", "--key", key, _folder.File("no"))).ShouldBe(
            (1, "", $"error: file not found: {_folder.File("no")}\n")
        );
        (await Build(_folder.File("no/K1.tar"))).ShouldBe((1, "", $"error: folder not found: {_folder.File("no")}\n"));
        (await Run("patchset", "keygen", _folder.File("no/v.key"))).ShouldBe(
            (1, "", $"error: folder not found: {_folder.File("no")}\n")
        );
        await Build(Archive);
        var (exit, _, error) = await Run("patchset", "sign", "--key", _folder.File("payload"), Archive);
        exit.ShouldBe(1);
        error.ShouldStartWith("error: ");
        error.ShouldNotContain("internal error");
        (await Run("patchset", "verify", "--key", "v.pub", Archive)).ShouldBe(
            (1, "", "error: v.pub is neither a file nor a minisign public key\n")
        );
        (await Run("patchset", "verify", Archive)).Exit.ShouldBe(0, "a failed signing leaves the archive as it was");
    }

    private async Task<string> KeyAsync(string name)
    {
        (await Run("patchset", "keygen", _folder.File(name))).Exit.ShouldBe(0);
        return _folder.File(name + ".pub");
    }

    private Task<(int Exit, string Out, string Err)> Build(string archive, params string[] more) =>
        Run(["patchset", "build", "--name", "K1", "--target", Target, "--level", "1", .. more, archive, Payload]);

    private Task<(int Exit, string Out, string Err)> Run(params string[] args) =>
        PortalCli.On(_folder.File("data")).RunAsync(args);

    private Task<System.Text.Json.JsonElement> Json(params string[] args) =>
        PortalCli.JsonAsync(_folder.File("data"), args);
}
