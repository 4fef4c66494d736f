using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using EPortal.Format;
using EPortal.Hosting;
using EPortal.Tests.Hosting;
using EPortal.Tests.Patchsets;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Format;

/// <summary>docs/patchset-format.md: its example works, and its limits are those in force.</summary>
public sealed partial class FormatDocumentTests : IDisposable
{
    private static readonly string Document = File.ReadAllText(
        Path.Combine(Here(), "../../../docs/patchset-format.md")
    );

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_example_makes_a_signed_archive_that_is_taken()
    {
        Run("bash", "-c", Script().Match(Document).Groups[1].Value);
        var key = MinisignPublicKey.Parse(File.ReadAllText(_folder.File("vendor.pub")));
        await using var library = new TestLibrary(_folder.File("data"), new TrustedKeys([key]));
        var deployed = await library.Deploy(File.ReadAllBytes(_folder.File("K20260501_01.tar")));
        deployed.SignedBy.ShouldBe(key.KeyId);
        var target = KernelId.FromProcVersion(File.ReadAllBytes("/proc/version"));
        File.ReadAllText(library.FindFileOrNull(target, 1, "kpatch.bin")!.Path).ShouldBe("module\n");
        KpatchInfo
            .Parse(File.ReadAllText(library.FindFileOrNull(target, 1, "kpatch.info")!.Path))
            .Uname.ShouldBe("6.1.0-9-amd64");
    }

    [Theory]
    [InlineData("cat")]
    [InlineData("bzip2")]
    [InlineData("gzip")]
    public async Task An_unsigned_archive_of_whole_folders_is_taken_from_the_usual_tools(string compressor)
    {
        var archive = new HandMadeArchive();
        Directory.CreateDirectory(_folder.File($"{HandMadeArchive.Id}/1"));
        File.WriteAllBytes(_folder.File("manifest.json"), archive.Json());
        File.WriteAllBytes(_folder.File(HandMadeArchive.PayloadName), HandMadeArchive.Payload);
        Run("bash", "-c", $"tar --format=ustar -cf - manifest.json {HandMadeArchive.Id} | {compressor} > archive");
        await using var library = new TestLibrary(_folder.File("data"));
        (await library.Deploy(File.ReadAllBytes(_folder.File("archive")))).WasHere.ShouldBeFalse();
    }

    [Fact]
    public void The_limits_are_those_in_force()
    {
        var limits = Portal.LimitsOf(Settings.Defaults);
        limits.ShouldBe(PatchsetLimits.Default);
        foreach (
            var (name, value) in ((string, long)[])
                [
                    ("ARCHIVE_BYTES", limits.MaxArchiveBytes),
                    ("UNPACKED_BYTES", limits.MaxUnpackedBytes),
                    ("FILE_BYTES", limits.MaxFileBytes),
                    ("MEMBERS", limits.MaxMembers),
                    ("TARGETS", limits.MaxTargets),
                    ("MANIFEST_BYTES", limits.MaxManifestBytes),
                ]
        )
        {
            Document.ShouldContain($"| `PATCHSET_MAX_{name}` | {value} |");
        }
    }

    private void Run(string tool, params string[] args)
    {
        using var process = Process.Start(
            new ProcessStartInfo(tool, args)
            {
                WorkingDirectory = _folder.Path,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, errors.Result);
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    [GeneratedRegex("```sh\n(set -eu\n.*?)```", RegexOptions.Singleline)]
    private static partial Regex Script();
}
