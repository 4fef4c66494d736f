using System.Diagnostics;
using EPortal.Format;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Blobs;

/// <summary>
/// What a patchset's or a file's coming into place asks of the kernel, in its order: after a power cut it is there
/// whole or not at all.
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
        var calls = await CallsAsync("whole", product);

        ShouldBeFlushedAround(calls, archive);
        ShouldBeFlushedAround(calls, folder);
    }

    [Fact]
    public async Task So_is_what_has_its_files_fetched_one_by_one()
    {
        var calls = await CallsAsync("cache");

        ShouldBeFlushedAround(calls, "cache/patches/kernel/K1");
    }

    [Theory]
    [InlineData(PatchDescription.FileName)]
    [InlineData(PatchDescription.SignatureFileName)]
    public async Task So_are_descriptions_that_come_later(string file)
    {
        var calls = await CallsAsync("descriptions");

        ShouldBeFlushedAround(calls, $"resources/K1/target/1/{file}");
    }

    [Theory]
    [InlineData("file")]
    [InlineData("new file")]
    [InlineData("output")]
    public async Task A_single_file_is_flushed_before_it_gets_its_name_and_that_afterwards(string way)
    {
        var calls = await CallsAsync(way);

        ShouldBeFlushedAround(
            calls,
            "state",
            call => IsFlush(call, _folder.Path + "/") && call.Contains(".tmp>)", StringComparison.Ordinal)
        );
        (await File.ReadAllTextAsync(_folder.File("state"), TestContext.Current.CancellationToken)).ShouldBe("new");
        Directory.EnumerateFiles(_folder.Path, "*.tmp").ShouldBeEmpty();
        Directory.EnumerateFiles(_folder.Path, ".*.tmp").ShouldBeEmpty();
    }

    [Fact]
    public async Task What_the_high_water_file_says_is_flushed_each_time()
    {
        var calls = await CallsAsync("high water");

        calls.Count(call => IsFlush(call, _folder.File("high-water>"))).ShouldBe(2, string.Join('\n', calls));
    }

    /// <summary>
    /// The file system of the staged files is flushed, then the path gets its name, then the folder that has the name
    /// is flushed.
    /// </summary>
    private void ShouldBeFlushedAround(List<string> calls, string path) =>
        ShouldBeFlushedAround(
            calls,
            path,
            call =>
                call.StartsWith("syncfs(", StringComparison.Ordinal)
                && call.Contains(_folder.File("resources/.staging/"), StringComparison.Ordinal)
        );

    private void ShouldBeFlushedAround(List<string> calls, string path, Predicate<string> isContent)
    {
        var said = string.Join('\n', calls);
        var content = calls.FindIndex(isContent);
        var name = calls.FindIndex(call => call.Contains($"\"{_folder.File(path)}\"", StringComparison.Ordinal));
        var parent = calls.FindLastIndex(call => IsFlush(call, $"{Path.GetDirectoryName(_folder.File(path))}>"));
        content.ShouldBeGreaterThanOrEqualTo(0, said);
        name.ShouldBeGreaterThan(content, said);
        parent.ShouldBeGreaterThan(name, said);
    }

    private static bool IsFlush(string call, string path) =>
        call.StartsWith("fsync(", StringComparison.Ordinal) && call.Contains($"<{path}", StringComparison.Ordinal);

    /// <summary>The flushes that went well and the new names of a process that publishes, in their order.</summary>
    private async Task<List<string>> CallsAsync(string way, string product = nameof(Product.Kernel))
    {
        Assert.SkipUnless(MayTrace(), "this machine does not let a test trace a process");
        var record = _folder.File("calls");
        var role = new Dictionary<string, string>
        {
            ["ROLE_ROOT"] = _folder.Path,
            ["ROLE_PRODUCT"] = product,
            ["ROLE_WAY"] = way,
        };
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
