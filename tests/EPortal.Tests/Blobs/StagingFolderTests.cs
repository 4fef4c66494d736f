using EPortal.Blobs;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Blobs;

public sealed class StagingFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_lock_that_was_left_without_its_folder_is_swept_too()
    {
        _folder.Write("0123456789abcdef0123456789abcdef.lock", "");

        StagingFolder.SweepAbandoned(_folder.Path);

        Directory.GetFileSystemEntries(_folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public void What_somebody_is_at_stays()
    {
        using var busy = new StagingFolder(_folder.Path);

        StagingFolder.SweepAbandoned(_folder.Path);

        Directory.Exists(busy.Unpacked).ShouldBeTrue();
    }

    [Fact]
    public void Many_who_come_and_go_and_sweep_are_not_in_each_others_way()
    {
        const int Rounds = 100;
        Parallel.For(
            0,
            8,
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            _ =>
            {
                for (var round = 0; round < Rounds; round++)
                {
                    StagingFolder.SweepAbandoned(_folder.Path);
                    using var mine = new StagingFolder(_folder.Path);
                    File.WriteAllText(mine.Archive, "mine");
                    File.ReadAllText(mine.Archive).ShouldBe("mine");
                    // As a killed process leaves it.
                    Directory.CreateDirectory(_folder.File($"{Guid.NewGuid():N}"));
                }
            }
        );

        StagingFolder.SweepAbandoned(_folder.Path);
        Directory.GetFileSystemEntries(_folder.Path).ShouldBeEmpty();
    }
}
