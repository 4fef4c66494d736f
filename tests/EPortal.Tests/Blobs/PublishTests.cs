using System.Diagnostics;
using EPortal.Format;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Blobs;

/// <summary>
/// What a patchset's coming into place asks of the kernel, in its order: after a power cut it is there whole or not at
/// all.
/// </summary>
public sealed class PublishTests : IDisposable
{
    private const string Traced = "trace=fsync,fdatasync,syncfs,rename,renameat,renameat2,link,linkat";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(nameof(Product.Kernel), "arch/K1.tar", "resources/K1")]
    [InlineData(nameof(Product.User), "arch/user/K1.tar", "user-resources/user/K1")]
    public async Task All_of_it_is_flushed_before_it_gets_its_names_and_they_are_flushed_afterwards(
        string product,
        string archive,
        string folder
    )
    {
        var calls = await CallsAsync(product, cache: false);

        ShouldBeFlushedAround(calls, archive);
        ShouldBeFlushedAround(calls, folder);
    }

    [Fact]
    public async Task So_is_what_has_its_files_fetched_one_by_one()
    {
        var calls = await CallsAsync(nameof(Product.Kernel), cache: true);

        ShouldBeFlushedAround(calls, "cache/patches/kernel/K1");
    }

    /// <summary>
    /// The file system of the staged files is flushed, then the path gets its name, then the folder that has the name
    /// is flushed.
    /// </summary>
    private void ShouldBeFlushedAround(List<string> calls, string path)
    {
        var said = string.Join('\n', calls);
        var content = calls.FindIndex(call =>
            call.StartsWith("syncfs(", StringComparison.Ordinal)
            && call.Contains(_folder.File("resources/.staging/"), StringComparison.Ordinal)
        );
        var name = calls.FindIndex(call => call.Contains($"\"{_folder.File(path)}\"", StringComparison.Ordinal));
        var parent = calls.FindLastIndex(call =>
            call.StartsWith("fsync(", StringComparison.Ordinal)
            && call.Contains($"<{Path.GetDirectoryName(_folder.File(path))}>", StringComparison.Ordinal)
        );
        content.ShouldBeGreaterThanOrEqualTo(0, said);
        name.ShouldBeGreaterThan(content, said);
        parent.ShouldBeGreaterThan(name, said);
    }

    /// <summary>The flushes that went well and the new names of a process that publishes, in their order.</summary>
    private async Task<List<string>> CallsAsync(string product, bool cache)
    {
        Assert.SkipUnless(MayTrace(), "this machine does not let a test trace a process");
        var record = _folder.File("calls");
        var role = new Dictionary<string, string> { ["ROLE_ROOT"] = _folder.Path, ["ROLE_PRODUCT"] = product };
        if (cache)
            role["ROLE_CACHE"] = "1";
        using var child = ChildProcess.Start(
            "publish",
            role,
            "strace",
            "-f",
            "-y",
            "-s",
            "4096",
            "-o",
            record,
            "-e",
            Traced,
            "-e",
            "status=successful"
        );
        var (exit, _, error) = await child.EndAsync(TestContext.Current.CancellationToken);
        exit.ShouldBe(0, error);
        // Before each call stands the thread that makes it.
        return
        [
            .. (await File.ReadAllLinesAsync(record, TestContext.Current.CancellationToken)).Select(line =>
                line[line.IndexOf(' ', StringComparison.Ordinal)..].TrimStart()
            ),
        ];
    }

    private static bool MayTrace()
    {
        using var probe = Process.Start(
            new ProcessStartInfo("strace", ["-o", "/dev/null", "true"]) { RedirectStandardError = true }
        )!;
        probe.WaitForExit();
        return probe.ExitCode == 0;
    }
}
