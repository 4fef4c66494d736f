using EPortal.Blobs;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

public sealed class DurableFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_written_and_replaced_for_its_owner_alone()
    {
        var path = _folder.File("key");
        DurableFile.Write(path, "one"u8);
        DurableFile.Write(path, "two"u8);
        File.ReadAllText(path).ShouldBe("two");
        Shell.Stat(path).ShouldStartWith("600 ");
        Directory.EnumerateFileSystemEntries(_folder.Path).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_new_file_never_replaces_another()
    {
        var path = _folder.File("id");
        DurableFile.WriteNew(path, "one"u8).ShouldBeTrue();
        DurableFile.WriteNew(path, "two"u8).ShouldBeFalse();
        File.ReadAllText(path).ShouldBe("one");
        Directory.EnumerateFileSystemEntries(_folder.Path).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_reader_sees_the_old_content_or_the_new_one_and_nothing_between()
    {
        var path = _folder.File("config");
        var contents = Enumerable.Range(0, 2).Select(i => Enumerable.Repeat((byte)i, 100_000 + i).ToArray()).ToArray();
        DurableFile.Write(path, contents[0]);
        using var stop = new CancellationTokenSource();
        var writer = Task.Run(
            () =>
            {
                for (var i = 1; i <= 40; i++)
                    DurableFile.Write(path, contents[i % 2]);
                stop.Cancel();
            },
            TestContext.Current.CancellationToken
        );
        while (!stop.IsCancellationRequested)
        {
            var read = File.ReadAllBytes(path);
            contents.Any(read.SequenceEqual).ShouldBeTrue($"{read.Length} bytes that nobody wrote as a whole");
        }

        await writer;
    }

    [Fact]
    public void What_cannot_be_flushed_is_an_error_with_its_path()
    {
        var path = _folder.File("absent");
        Should
            .Throw<IOException>(() => DurableFile.SyncFolder(path))
            .Message.ShouldBe($"cannot open {path}: No such file or directory");
        DurableFile.SyncFileSystem(_folder.Path);
    }

    [Fact]
    public void A_failed_write_leaves_the_old_content_and_no_litter()
    {
        var path = _folder.File("folder");
        Directory.CreateDirectory(Path.Combine(path, "inside"));
        Should.Throw<Exception>(() => DurableFile.Write(path, "x"u8));
        Directory.Exists(Path.Combine(path, "inside")).ShouldBeTrue();
        Directory.EnumerateFileSystemEntries(_folder.Path).ShouldHaveSingleItem();
    }
}
