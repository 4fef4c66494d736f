using System.Text.RegularExpressions;
using CsCheck;
using EPortal.Format;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Format;

/// <summary>What holds for all patchsets, tried on random ones.</summary>
public sealed class FormatPropertyTests
{
    private static readonly Gen<string> Names = Gen.Select(
        Gen.Char["abcXYZ019"],
        Gen.Char["aZ0._-"].Array[0, 20],
        (first, rest) => first + new string(rest)
    );

    private static readonly Gen<string> Free = Gen.Char["aé \"\\/<>&\u2028\U0000ffff日"]
        .Array[0, 30]
        .Select(chars => new string(chars));
    private static readonly Gen<string?> Optional = Gen.Bool.SelectMany(some =>
        some ? Free.Select(text => (string?)text) : Gen.Const((string?)null)
    );

    private static readonly Gen<DateTimeOffset> Times = Gen.DateTime[
            new DateTime(1, 1, 1, 0, 0, 0, DateTimeKind.Utc),
            SamplePatchset.Now.UtcDateTime
        ]
        .Select(time => new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)));

    private static readonly Gen<Dictionary<string, byte[]>> Files = Gen.Select(Names, Gen.Byte.Array[0, 2000])
        .Array[1, 4]
        .Select(files =>
            files
                .Where(file => !file.Item1.StartsWith("patch.json", StringComparison.OrdinalIgnoreCase))
                .DistinctBy(file => file.Item1.ToUpperInvariant())
                .ToDictionary(file => file.Item1, file => file.Item2)
        )
        .Where(files => files.Count > 0);

    private static readonly Gen<Sample> Samples = Gen.Select(
        Gen.Select(Names, Gen.Enum<Product>(), Times, Gen.Int[0, 2].Select(i => Manifest.Channels[i])),
        Gen.Select(Free, Free),
        Gen.Select(Gen.Int[1, int.MaxValue], Optional, Files).Array[1, 3],
        (head, texts, targets) =>
            new Sample(
                new Manifest
                {
                    Name = head.Item1,
                    Product = head.Item2,
                    Released = head.Item3,
                    Channel = head.Item4,
                    Distros = ["debian12"],
                    Summary = texts.Item1,
                    Changelog = texts.Item2 + "\n\t",
                    Targets =
                    [
                        .. targets.Select(
                            (target, i) =>
                                new ManifestTarget
                                {
                                    Id = new string((char)('a' + i), 40),
                                    Level = target.Item1,
                                    Distro = target.Item2,
                                    Euname = target.Item2,
                                    Cves = ["CVE-2026-0001"],
                                    Files = new Dictionary<string, FileEntry>(),
                                }
                        ),
                    ],
                },
                [
                    .. targets.Select(target => new Dictionary<string, byte[]>(target.Item3)
                    {
                        [RequiredFiles.KernelModule] = [1],
                    }),
                ]
            )
    );

    /// <summary>A patchset and the content of each target's files.</summary>
    private sealed record Sample(Manifest Head, Dictionary<string, byte[]>[] Files)
    {
        public PatchsetBuilder Builder(bool backwards)
        {
            var builder = new PatchsetBuilder(Head);
            var targets = Head.Targets.Zip(Files);
            foreach (var (target, files) in backwards ? targets.Reverse() : targets)
            {
                builder.AddTarget(target);
                foreach (var (name, content) in backwards ? files.Reverse() : files)
                    builder.AddFile(target.Id, name, content);
            }

            return builder;
        }
    }

    [Fact]
    public async Task What_is_built_unpacks_to_the_same_signed_or_not() =>
        await Gen.Select(Samples, Gen.Enum<Compression>(), Gen.Bool)
            .SampleAsync(
                async (sample, compression, signed) =>
                {
                    using var folder = new TempFolder();
                    var key = signed ? SamplePatchset.Key : null;
                    var archive = await SamplePatchset.BytesAsync(sample.Builder(false), compression, key);
                    (await SamplePatchset.BytesAsync(sample.Builder(true), compression, key)).ShouldBe(
                        archive,
                        "the order of adding is seen"
                    );
                    var staged = await PatchsetArchive.UnpackAsync(
                        new MemoryStream(archive),
                        folder.Path,
                        signed ? SamplePatchset.Trusted : TrustedKeys.None,
                        PatchsetLimits.Default,
                        SamplePatchset.Now,
                        CancellationToken.None
                    );
                    Describe(staged.Manifest).ShouldBe(Describe(sample.Head));
                    foreach (var (target, files) in staged.Manifest.Targets.Zip(sample.Files))
                    {
                        target
                            .Files.Keys.Where(name => !name.StartsWith("patch.json", StringComparison.Ordinal))
                            .Order(StringComparer.Ordinal)
                            .ShouldBe(files.Keys.Order(StringComparer.Ordinal));
                        foreach (var (name, content) in files)
                            File.ReadAllBytes(folder.File($"{target.Id}/{target.Level}/{name}")).ShouldBe(content);
                    }
                },
                iter: 150
            );

    [Fact]
    public void A_manifest_that_is_written_reads_the_same() =>
        Samples.Sample(sample =>
        {
            var full = sample.Head with
            {
                Targets =
                [
                    .. sample.Head.Targets.Zip(
                        sample.Files,
                        (target, files) =>
                            target with
                            {
                                Files = files.ToDictionary(file => file.Key, file => SamplePatchset.Entry(file.Value)),
                            }
                    ),
                ],
            };
            var read = Manifest.Parse(full.ToJson(), PatchsetLimits.Default, SamplePatchset.Now);
            read.ToJson().ShouldBe(full.ToJson());
            Describe(read).ShouldBe(Describe(full));
            foreach (var target in read.Targets)
            {
                var patch = PatchDescription.Of(read, target);
                var again = PatchDescription.Parse(patch.ToJson(), PatchsetLimits.Default);
                again.Agrees(patch).ShouldBeTrue();
                (again with { Level = again.Level ^ 1 }).Agrees(patch).ShouldBeFalse();
            }
        });

    [Fact]
    public void Kpatch_info_that_is_written_reads_the_same()
    {
        var text = Gen.Char["aé:N/A.- ,"].Array[0, 20].Select(chars => new string(chars).Trim());
        var fix = Gen.Select(text, text, text, text)
            .Select(t => new KpatchFix
            {
                Name = t.Item1,
                Description = t.Item2,
                Cve = t.Item3,
                PatchUrl = t.Item4,
                Kernel = t.Item1,
                Cvss = t.Item2,
                CveUrl = t.Item3,
            });
        Gen.Select(text, text, fix.Array[0, 5])
            .Sample(
                (os, uname, fixes) =>
                {
                    var info = new KpatchInfo
                    {
                        Os = os,
                        Kernel = uname,
                        Time = os,
                        Uname = uname,
                        Fixes = fixes,
                    };
                    foreach (
                        var written in (string[])
                            [
                                info.ToText(),
                                info.ToText().ReplaceLineEndings("\r\n"),
                                info.ToText().Replace("\n\n", "\n \t\n\n", StringComparison.Ordinal),
                            ]
                    )
                    {
                        var read = KpatchInfo.Parse(written);
                        read.Fixes.ShouldBe(fixes);
                        (read with { Fixes = info.Fixes }).ShouldBe(info);
                    }
                }
            );
    }

    [Fact]
    public void Names_and_ids_are_those_of_the_grammar()
    {
        var texts = Gen.Char["aZ09fg._-/\\ \n\0éA"].Array[0, 5].Select(chars => new string(chars));
        var lengths = Gen.Select(Gen.Char["0aF-"], Gen.Int[0, 140], (c, n) => new string(c, n));
        Gen.OneOf(texts, lengths)
            .Sample(
                text =>
                {
                    PatchsetName.IsValid(text).ShouldBe(Regex.IsMatch(text, @"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z"));
                    PatchFileName.IsValid(text).ShouldBe(Regex.IsMatch(text, @"\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z"));
                    TargetId.IsValid(Product.Kernel, text).ShouldBe(Regex.IsMatch(text, @"\A[0-9a-f]{40}\z"));
                    TargetId.IsValid(Product.User, text).ShouldBe(Regex.IsMatch(text, @"\A([0-9a-f]{2}){8,64}\z"));
                },
                iter: 5000
            );
    }

    [Fact]
    public void A_kernel_id_is_the_SHA_1_of_proc_version()
    {
        var file = File.ReadAllBytes("/proc/version");
        KernelId.FromProcVersion(file).ShouldBe(Shell.Run("sha1sum", "/proc/version").Split(' ')[0]);
    }

    private static string Describe(Manifest manifest) =>
        string.Join(
            '|',
            [
                manifest.Name,
                $"{manifest.Product}",
                manifest.Released.UtcDateTime.ToString("O"),
                manifest.Channel,
                manifest.Summary,
                manifest.Changelog,
                .. manifest.Targets.Select(target =>
                    $"{target.Id} {target.Level} {target.Distro ?? "-"} {target.Euname ?? "-"} {string.Join(' ', target.Cves)}"
                ),
            ]
        );
}
