using CsCheck;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.PatchSource;
using EPortal.Tests.Cli;
using EPortal.Tests.Format;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary>Patchsets carried across an air gap, and threats A5 to A7 against what is carried.</summary>
public sealed class BundleTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private FakeSource _source = null!;
    private SourceHouse _sender = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private MinisignSecretKey SenderKey => _sender.Portal.Signer.Own;

    public async ValueTask InitializeAsync()
    {
        _source = await FakeSource.StartAsync();
        for (var level = 1; level <= 3; level++)
            await _source.AddAsync($"K{level}", level);
        _source.Say("K1", RepositoryState.Blocked);
        _source.Version = 5;
        _source.Publish();
        _sender = SourceHouse.Open(_source);
        await _sender.SyncAsync();
        await _source.AddAsync("K4", 4);
        _source.Publish();
    }

    public async ValueTask DisposeAsync()
    {
        await _sender.DisposeAsync();
        await _source.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_is_on_one_side_of_the_gap_is_on_the_other_byte_for_byte_and_a_second_import_changes_nothing()
    {
        await using var receiver = Receiver();
        var bundle = await ExportAsync();

        (await ImportAsync(receiver, bundle)).New.ShouldBe(["K2", "K3"]);

        receiver
            .States()
            .ShouldBe(["K1:blocked", "K2:undeployed", "K3:undeployed"], "what the source blocked is known, too");
        Files(receiver).ShouldBe(Files(_sender));
        var before = receiver.Everything();
        var again = await ImportAsync(receiver, bundle);
        again.New.ShouldBeEmpty();
        again.Known.ShouldBe(["K2", "K3"]);
        receiver.Everything().ShouldBe(before);
    }

    [Fact]
    public async Task A_later_bundle_holds_only_what_the_other_side_lacks()
    {
        await using var receiver = Receiver();
        var first = _folder.File("first.bundle");
        var (there, here) = (Cli(receiver), Cli(_sender));
        await here.JsonAsync("bundle", "export", "--json", first);
        (await there.JsonAsync("bundle", "import", "--json", first))
            .GetProperty("imported")
            .GetArrayLength()
            .ShouldBe(2);
        await _sender.SyncAsync();

        var (exit, list, error) = await there.RunAsync(["bundle", "have"]);
        exit.ShouldBe(0, error);
        await File.WriteAllTextAsync(_folder.File("have"), list, Cancellation);
        foreach (var (option, known) in new[] { ("--since", first), ("--have", _folder.File("have")) })
        {
            var next = _folder.File($"next{option}.bundle");
            (await here.JsonAsync("bundle", "export", "--json", option, known, next))
                .GetProperty("patchsets")
                .EnumerateArray()
                .Select(name => name.GetString())
                .ShouldBe(["K4"], option);
            new FileInfo(next).Length.ShouldBeLessThan(new FileInfo(first).Length);
        }

        (await there.RunAsync(["bundle", "import", _folder.File("next--have.bundle")])).Out.ShouldBe(
            "K4 was imported\n"
        );
        receiver.States().ShouldBe(["K1:blocked", "K2:undeployed", "K3:undeployed", "K4:undeployed"]);
        (await there.RunAsync(["bundle", "import", _folder.File("next--since.bundle")])).Out.ShouldBe(
            "1 patchset was already here\n"
        );
    }

    [Fact]
    public async Task Commands_say_what_they_were_given_wrongly()
    {
        var cli = Cli(_sender);
        await File.WriteAllTextAsync(_folder.File("have"), "kernel K1\n", Cancellation);

        foreach (
            var (args, said) in new[]
            {
                ((string[])["bundle", "import", _folder.File("none")], "none"),
                (["bundle", "import", _folder.File("have")], "not an archive: use a tar file"),
                (["bundle", "export", "--have", _folder.File("have"), _folder.File("b")], "invalid line 'kernel K1'"),
                (
                    ["bundle", "export", "--since", _folder.File("have"), _folder.File("b")],
                    "not an archive: use a tar file"
                ),
                (
                    ["bundle", "export", "--since", "a", "--have", "b", _folder.File("b")],
                    "use only one of --since and --have"
                ),
                (["bundle", "export", _folder.File("no/folder/b")], "no/folder"),
            }
        )
        {
            var (exit, _, error) = await cli.RunAsync(args);
            exit.ShouldBeOneOf(1, 2);
            error.ShouldContain(said);
        }

        Directory.GetFiles(_folder.Path).Select(Path.GetFileName).ShouldBe(["have"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_damaged_or_lost_here_is_not_carried_away(bool lost)
    {
        var archive = Path.Combine(_sender.Portal.PatchesRoot, "arch", "K2.tar.gz");
        var right = await File.ReadAllBytesAsync(archive, Cancellation);
        if (lost)
            File.Delete(archive);
        else
            await File.WriteAllBytesAsync(archive, [.. right[..^1], (byte)~right[^1]], Cancellation);

        (await Should.ThrowAsync<RefusedException>(() => ExportAsync())).Message.ShouldContain(
            "the archive of K2 is missing or damaged"
        );

        Directory.EnumerateFiles(_folder.Path).ShouldBeEmpty();
        await _sender.SyncAsync(request: new SyncRequest([Product.Kernel], Whole: true, Complete: true));
        (await File.ReadAllBytesAsync(archive, Cancellation)).ShouldBe(right);
    }

    [Fact]
    public async Task A5_an_archive_that_nobody_signed_is_refused_by_its_name_where_keys_are_pinned()
    {
        await using var careless = Receiver(trusted: []);
        await careless.Portal.Patchsets.Deploy(
            SourceHouse.Admin,
            Product.Kernel,
            new MemoryStream(await SamplePatchset.BuildAsync(name: "X1")),
            PatchsetLibrary.NoPlace,
            Cancellation
        );
        await using var receiver = Receiver(trusted: [careless.Portal.Signer.OwnKeyLine()]);
        using var bundle = new MemoryStream();
        await new BundleExport(careless.Portal.Database, careless.Portal.Folders, careless.Time).Write(
            bundle,
            new HashSet<PatchsetReference>(),
            careless.Portal.Signer.Own,
            _ => new Progress<long>(),
            Cancellation
        );

        (await RefusedAsync(receiver, bundle.ToArray())).Message.ShouldContain("X1.tar: manifest.json is not signed");

        receiver.States().ShouldBeEmpty();
    }

    [Fact]
    public async Task A5_a_bundle_that_no_trusted_key_signed_as_it_is_is_refused()
    {
        await using var receiver = Receiver();
        var before = receiver.Everything();
        var bundle = await ExportAsync();
        var other = await ExportAsync(key: MinisignSecretKey.Generate());

        (await RefusedAsync(receiver, other)).Code.ShouldBe(PatchsetErrorCode.UntrustedKey);
        (
            await RefusedAsync(
                receiver,
                Replaced(bundle, "trusted comment: bundle.json", "trusted comment: bundle.JSON")
            )
        ).Code.ShouldBe(PatchsetErrorCode.BadSignature, "its comment is signed as well");
        (await RefusedAsync(receiver, Replaced(bundle, "\"name\": \"K2\"", "\"name\": \"K9\""))).Code.ShouldBe(
            PatchsetErrorCode.BadSignature,
            "the signature is of other content"
        );
        await using var stranger = Receiver([SenderKey.PublicKey.ToString()]);
        (await RefusedAsync(stranger, bundle)).Code.ShouldBe(
            PatchsetErrorCode.UntrustedKey,
            "the archives within need a trusted key of their own"
        );

        receiver.Everything().ShouldBe(before);
        stranger.States().ShouldBeEmpty();
    }

    [Fact]
    public async Task A6_a_bundle_with_other_content_under_a_known_name_is_refused_whole()
    {
        await using var otherSource = await FakeSource.StartAsync();
        otherSource.Key = _source.Key;
        await otherSource.AddAsync("K3", 3);
        otherSource.Publish();
        await using var receiver = Receiver();
        using (var connection = receiver.Connection(otherSource.Address))
            await receiver.SyncAsync(connection);
        var before = receiver.Everything();

        (
            await Should.ThrowAsync<RefusedException>(async () => await ImportAsync(receiver, await ExportAsync()))
        ).Reason.ShouldBe(Refusal.Exists);

        receiver.Everything().ShouldBe(before, "K2 is not taken either");
        receiver.States().ShouldBe(["K3:undeployed"]);
    }

    [Fact]
    public async Task A7_a_bundle_cut_anywhere_or_stopped_anywhere_leaves_nothing()
    {
        await using var receiver = Receiver();
        var before = receiver.Everything();
        var bundle = await ExportAsync();
        var end = bundle.AsSpan().TrimEnd((byte)0).Length;

        for (var tenth = 0; tenth < 10; tenth++)
        {
            await RefusedAsync(receiver, bundle[..(end * tenth / 10)]);
            receiver.Everything().ShouldBe(before, $"cut after {tenth} tenths");
            using var stop = new CancellationTokenSource();
            await using var stopping = new ProgressStream(
                new MemoryStream(bundle),
                new Stopper(stop, end * tenth / 10)
            );
            await Should.ThrowAsync<OperationCanceledException>(() => ImportAsync(receiver, stopping, stop.Token));
            receiver.Everything().ShouldBe(before, $"stopped after {tenth} tenths");
        }

        (await ImportAsync(receiver, bundle)).New.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A7_a_bundle_with_any_bit_turned_is_refused_or_imported_as_it_was_sent()
    {
        await using var receiver = Receiver();
        var before = receiver.Everything();
        var bundle = await ExportAsync();
        var right = Files(_sender);
        var refused = 0;

        await Gen.Select(Gen.Int[0, bundle.Length - 1], Gen.Int[0, 7])
            .SampleAsync(
                async (at, bit) =>
                {
                    var turned = (byte[])bundle.Clone();
                    turned[at] ^= (byte)(1 << bit);
                    try
                    {
                        // Where a tar has padding nothing is signed and nothing is read.
                        var report = await ImportAsync(receiver, turned);
                        Files(receiver).ShouldBe(right);
                        foreach (var name in report.New)
                            await receiver.Portal.Patchsets.Delete(SourceHouse.Admin, Product.Kernel, name);
                    }
                    catch (Exception e) when (e is PatchsetException or SourceException or RefusedException)
                    {
                        refused++;
                        receiver
                            .States()
                            .ShouldAllBe(
                                state =>
                                    state == "K1:blocked"
                                    || state.EndsWith(":not-downloaded", StringComparison.Ordinal),
                                $"bit {bit} of byte {at}: {e.Message}"
                            );
                    }
                },
                iter: 150,
                threads: 1
            );

        refused.ShouldBeGreaterThan(75);
    }

    [Fact]
    public async Task A7_with_the_disk_full_nothing_of_a_bundle_stays()
    {
        var root = _folder.File("disk");
        using var disk = SmallDisk.MountOrSkip(root, "8m");
        await using var receiver = Receiver(change: settings => settings with { PatchesDir = root });
        var bundle = await ExportAsync();
        foreach (var name in (await ImportAsync(receiver, bundle)).New)
            await receiver.Portal.Patchsets.Delete(SourceHouse.Admin, Product.Kernel, name);
        var before = receiver.Everything();

        for (var free = 0; ; free += 7)
        {
            disk.FillBut(free * 4096);
            try
            {
                await ImportAsync(receiver, bundle);
                break;
            }
            catch (IOException e)
            {
                disk.Free();
                receiver.Everything().ShouldBe(before, $"with {free} pages free: {e.Message}");
            }
        }

        disk.Free();
        receiver.Everything().ShouldNotBe(before);
        receiver.States().ShouldBe(["K1:blocked", "K2:undeployed", "K3:undeployed"]);
    }

    /// <summary>A portal on the other side: it trusts the vendor and the portal that sends bundles.</summary>
    private SourceHouse Receiver(
        string[]? trusted = null,
        Func<EPortal.Hosting.Settings, EPortal.Hosting.Settings>? change = null
    ) =>
        SourceHouse.Open(
            _source,
            settings =>
            {
                settings = settings with
                {
                    TrustedKeys = trusted ?? [_source.Key.PublicKey.ToString(), SenderKey.PublicKey.ToString()],
                };
                return change?.Invoke(settings) ?? settings;
            }
        );

    private async Task<byte[]> ExportAsync(MinisignSecretKey? key = null)
    {
        using var bundle = new MemoryStream();
        await new BundleExport(_sender.Portal.Database, _sender.Portal.Folders, _sender.Time).Write(
            bundle,
            new HashSet<PatchsetReference>(),
            key ?? SenderKey,
            _ => new Progress<long>(),
            Cancellation
        );
        return bundle.ToArray();
    }

    private static Task<ImportReport> ImportAsync(SourceHouse house, byte[] bundle) =>
        ImportAsync(house, new MemoryStream(bundle), Cancellation);

    private static Task<ImportReport> ImportAsync(SourceHouse house, Stream bundle, CancellationToken cancel) =>
        new BundleImport(
            house.Portal.Database,
            house.Portal.Patchsets,
            house.Portal.Signer.Trusted,
            PatchsetLimits.Default,
            house.Time
        ).Run(SourceHouse.Admin, bundle, cancel);

    private static Task<PatchsetException> RefusedAsync(SourceHouse house, byte[] bundle) =>
        Should.ThrowAsync<PatchsetException>(() => ImportAsync(house, bundle));

    private static CliRunner Cli(SourceHouse house)
    {
        var cli = PortalCli.On(house.Portal.Settings.DataDir, time: house.Time);
        cli.Environment["EPORTAL_TRUSTED_KEYS"] =
            $"[{string.Join(", ", house.Portal.Settings.TrustedKeys.Select(key => $"'{key}'"))}]";
        return cli;
    }

    /// <summary>Patch files with their content, by place.</summary>
    private static IReadOnlyList<string> Files(SourceHouse house) =>
        [
            .. Directory
                .EnumerateFiles(Path.Combine(house.Portal.PatchesRoot, "resources"), "*", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Select(path =>
                    $"{Path.GetRelativePath(house.Portal.PatchesRoot, path)} {Convert.ToBase64String(File.ReadAllBytes(path))}"
                ),
        ];

    /// <summary>The bundle with a text of the same length in place of another.</summary>
    private static byte[] Replaced(byte[] bundle, string what, string by)
    {
        var changed = (byte[])bundle.Clone();
        var at = changed.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(what));
        at.ShouldBeGreaterThan(0);
        System.Text.Encoding.UTF8.GetBytes(by).CopyTo(changed.AsSpan(at));
        return changed;
    }

    private sealed class Stopper(CancellationTokenSource stop, long at) : IProgress<long>
    {
        public void Report(long value)
        {
            if (value >= at)
                stop.Cancel();
        }
    }
}
