using EPortal.Format;
using EPortal.Tests.Agents;
using EPortal.Tests.Cli;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

/// <summary>
/// Everything the portal writes belongs to its user alone, whoever started it and with whatever mask.
/// </summary>
[Trait("threat", "S33")]
public sealed class FilePermissionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static string Me { get; } = Shell.Run("id", "-un");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task All_that_a_serving_portal_writes_is_its_owners_alone()
    {
        var patches = _folder.File("patches");
        await using var portal = await TestPortal.StartAsync(settings => settings with { PatchesDir = patches });
        await portal.DeployAsync("K1", 1);
        await portal.DeployAsync("U1", 1, product: Product.User, target: new string('b', 32));
        using (await portal.CheckInAsync(TestPortal.Facts(await portal.RegisterAsync()))) { }

        (await portal.CommandLine().RunAsync(["user", "-a", "bob", "-p", "long enough"])).Exit.ShouldBe(0);

        ShouldBeClosed(portal.DataFolder, Me);
        ShouldBeClosed(patches, Me);
        Names(portal.DataFolder).ShouldContain("signing.key");
        Names(portal.DataFolder).ShouldContain("eportal.sqlite");
        Names(portal.DataFolder).ShouldContain("eportal.sqlite-wal");
        Names(portal.DataFolder).ShouldContain("instance-id");
        Names(patches).ShouldContain("kpatch.bin");
        Names(patches).ShouldContain("K1.tar");
    }

    [Fact]
    public async Task A_staging_folder_is_closed_while_it_is_filled()
    {
        await using var portal = await TestPortal.StartAsync();
        using var archive = await Archives.MakeAsync(
            "K1",
            1,
            portal.Time.GetUtcNow(),
            Product.Kernel,
            TestPortal.KernelId
        );
        using var watched = new Watched(archive, () => ShouldBeClosed(portal.DataFolder, Me));

        await portal.Portal.Patchsets.Deploy(
            TestPortal.Admin,
            Product.Kernel,
            watched,
            (_, _) => { },
            TestContext.Current.CancellationToken
        );

        watched.Times.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Started_as_root_with_an_open_mask_all_belongs_to_the_portals_user()
    {
        Assert.SkipUnless(Shell.IsRoot, "only root has rights to give up");
        Shell.Run("chmod", "711", _folder.Path);
        using var archive = await Archives.MakeAsync(
            "K1",
            1,
            new DateTimeOffset(2026, 4, 1, 0, 0, 0, TimeSpan.Zero),
            Product.Kernel,
            TestPortal.KernelId
        );
        await File.WriteAllBytesAsync(_folder.File("K1.tar"), archive.ToArray(), TestContext.Current.CancellationToken);
        Shell.Run("chmod", "600", _folder.File("K1.tar"));

        Administer("key", "-a", "first").ShouldBe("key first was added on main");
        Administer("user", "-a", "bob", "-p", "long enough").ShouldBe("user bob was added as admin");
        Administer("kcare", "deploy", _folder.File("K1.tar")).ShouldBe("K1 was enabled in main");

        ShouldBeClosed(_folder.File("data"), "nobody");
        Names(_folder.File("data")).ShouldContain("kpatch.bin");
    }

    [Fact]
    public async Task A_new_signing_key_of_a_vendor_is_its_owners_alone()
    {
        var path = _folder.File("vendor.key");

        (await PortalCli.On(_folder.File("data")).RunAsync(["patchset", "keygen", path])).Exit.ShouldBe(0);

        Shell.Stat(path).ShouldBe($"600 {Me}");
        (await PortalCli.On(_folder.File("data")).RunAsync(["patchset", "keygen", path])).Exit.ShouldBe(
            1,
            "a key is never overwritten"
        );
    }

    private string Administer(params string[] args)
    {
        // A shell in between sets the mask that the child begins with.
        var program = Path.Combine(AppContext.BaseDirectory, "EPortal.Tests");
        return Shell.Run(
            "bash",
            "-c",
            "umask 000; exec env EPORTAL_TEST_ROLE=kc EPORTAL_CONFIG=/dev/null EPORTAL_RUN_AS=nobody EPORTAL_DATA_DIR=\"$1\" ROLE_ARGUMENTS=\"$2\" \"$0\"",
            program,
            _folder.File("data"),
            string.Join('\n', args)
        );
    }

    private static void ShouldBeClosed(string folder, string owner)
    {
        var entries = Shell.Run("find", folder, "-printf", "%y %m %u %p\\n").Split('\n');
        entries.Length.ShouldBeGreaterThan(5);
        // A link has no mode of its own on Linux; what it leads to is looked at as well.
        entries.ShouldAllBe(line =>
            line.StartsWith($"d 700 {owner} ", StringComparison.Ordinal)
            || line.StartsWith($"f 600 {owner} ", StringComparison.Ordinal)
            || line.StartsWith($"l 777 {owner} ", StringComparison.Ordinal)
        );
    }

    private static string[] Names(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetFileName(file)!)];

    /// <summary>Looks around whenever more of it is read.</summary>
    private sealed class Watched(Stream inner, Action look) : MemoryStream
    {
        public int Times { get; private set; }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            Times++;
            look();
            return await inner.ReadAsync(buffer[..Math.Min(buffer.Length, 20_000)], cancellationToken);
        }

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
            Copy(destination, cancellationToken);

        private async Task Copy(Stream destination, CancellationToken cancellationToken)
        {
            var buffer = new byte[20_000];
            for (
                var read = await ReadAsync(buffer, cancellationToken);
                read > 0;
                read = await ReadAsync(buffer, cancellationToken)
            )
                await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }
}
