using System.Globalization;
using System.Runtime.InteropServices;
using EPortal.Blobs;
using Microsoft.Win32.SafeHandles;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

public sealed partial class FileLockTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Path => _folder.File("lock");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_holder_at_a_time()
    {
        using (FileLock.Acquire(Path))
            FileLock.TryAcquire(Path).ShouldBeNull();
        FileLock.TryAcquire(Path).ShouldNotBeNull().Dispose();
        Shell.Stat(Path).ShouldStartWith("600 ");
    }

    [Fact]
    public async Task A_killed_process_holds_nothing()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var child = ChildProcess.Start("lock", new() { ["ROLE_LOCK"] = Path });
        (await child.ReadLineAsync(cancellation)).ShouldBe("held");
        FileLock.TryAcquire(Path).ShouldBeNull();
        var waiting = Task.Run(() => FileLock.Acquire(Path), cancellation);
        child.Kill();
        (await waiting.WaitAsync(TimeSpan.FromSeconds(30), cancellation)).Dispose();
    }

    /// <summary>Between fork and exec a child has all open files, those too that close then.</summary>
    [Fact]
    public void A_child_that_is_just_being_started_holds_nothing_back()
    {
        var held = FileLock.Acquire(Path);
        var descriptor = Directory
            .EnumerateFiles("/proc/self/fd")
            .Where(file => new FileInfo(file).LinkTarget == Path)
            .Select(file => int.Parse(System.IO.Path.GetFileName(file), CultureInfo.InvariantCulture))
            .Single();
        using var copy = new SafeFileHandle(dup(descriptor), ownsHandle: true);

        held.Dispose();

        FileLock.TryAcquire(Path).ShouldNotBeNull().Dispose();
    }

    [Fact]
    public async Task A_deleted_lock_file_never_lets_two_in()
    {
        var inside = 0;
        var worst = 0;
        await Parallel.ForAsync(
            0,
            8,
            TestContext.Current.CancellationToken,
            (_, _) =>
            {
                for (var i = 0; i < 300; i++)
                {
                    using var held = FileLock.Acquire(Path);
                    worst = Math.Max(worst, Interlocked.Increment(ref inside));
                    Thread.Yield();
                    Interlocked.Decrement(ref inside);
                    File.Delete(Path);
                }

                return ValueTask.CompletedTask;
            }
        );
        worst.ShouldBe(1);
    }

    [Fact]
    public void A_child_does_not_inherit_a_lock()
    {
        var held = FileLock.Acquire(Path);
        using var child = ChildProcess.Start("lock", new() { ["ROLE_LOCK"] = _folder.File("other") });
        held.Dispose();
        FileLock.TryAcquire(Path).ShouldNotBeNull().Dispose();
    }

    [Fact]
    public void A_lock_where_no_file_can_be_is_an_error() =>
        Should
            .Throw<IOException>(() => FileLock.Acquire("/nowhere/lock"))
            .Message.ShouldBe("cannot open /nowhere/lock: No such file or directory");

    [LibraryImport("libc")]
    private static partial int dup(int descriptor);
}
