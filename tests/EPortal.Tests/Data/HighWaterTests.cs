using EPortal.Data;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Data;

/// <summary>The file that says how far a database has come, written by several at once.</summary>
public sealed class HighWaterTests : IDisposable
{
    private const string Origin = "abcdefabcdef";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_mark_is_not_undone_by_commits_that_are_noted_meanwhile()
    {
        using var serves = new HighWater(_folder.Path);
        using var commits = new HighWater(_folder.Path);
        serves.Write(new HighWaterLevel(Origin, 0, 0, 0));
        using var stop = new CancellationTokenSource();
        var noted = 0L;
        var noting = Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                    commits.Note(new Node(Origin, ++noted, "", noted, 0, 0));
            },
            TestContext.Current.CancellationToken
        );

        for (var mark = 1u; mark <= 2000; mark++)
        {
            serves.WriteMark(mark);
            serves.ReadOrNull()!.FileMark.ShouldBe(mark);
        }

        await stop.CancelAsync();
        await noting;
        serves.ReadOrNull().ShouldBe(new HighWaterLevel(Origin, noted, noted, 2000));
    }

    [Fact]
    public void A_commit_never_takes_it_back()
    {
        using var water = new HighWater(_folder.Path);
        water.Write(new HighWaterLevel(Origin, 5, 50, 3));

        water.Note(new Node(Origin, 6, "", 40, 0, 0));
        water.ReadOrNull().ShouldBe(new HighWaterLevel(Origin, 6, 50, 3));
        water.Note(new Node(Origin, 4, "", 60, 0, 0));
        water.ReadOrNull().ShouldBe(new HighWaterLevel(Origin, 6, 60, 3));
        water.Note(new Node(Origin, 4, "", 40, 0, 0));
        water.ReadOrNull().ShouldBe(new HighWaterLevel(Origin, 6, 60, 3));
    }

    [Fact]
    public void It_belongs_to_one_node()
    {
        using var water = new HighWater(_folder.Path);
        water.Note(new Node(Origin, 6, "", 60, 0, 0));
        water.ReadOrNull().ShouldBeNull();
        water.Write(new HighWaterLevel(HighWater.NoOrigin, 0, 0, 0));

        water.Note(new Node(Origin, 6, "", 60, 0, 0));

        water.ReadOrNull().ShouldBe(new HighWaterLevel(HighWater.NoOrigin, 0, 0, 0));
    }

    [Fact]
    public void Making_it_leaves_the_one_that_is_there()
    {
        using var water = new HighWater(_folder.Path);
        water.Make();
        water.ReadOrNull().ShouldBe(new HighWaterLevel(HighWater.NoOrigin, 0, 0, 0));
        water.Write(new HighWaterLevel(Origin, 5, 50, 3));
        var inode = water.InodeOrNull;

        water.Make();
        water.Write(new HighWaterLevel(Origin, 6, 60, 3));

        water.ReadOrNull().ShouldBe(new HighWaterLevel(Origin, 6, 60, 3));
        water.InodeOrNull.ShouldBe(inode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("eportal-high-water-1 abcdefabcdef 0000000000000000005 0000000000000000050 000000000")]
    [InlineData("eportal-high-water-2 abcdefabcdef 0000000000000000005 0000000000000000050 0000000003\n")]
    [InlineData("eportal-high-water-1 abcdefabcdef 000000000000000000x 0000000000000000050 0000000003\n")]
    [InlineData("eportal-high-water-1 abcdefabcdef 0000000000000000005 000000000000000005x 0000000003\n")]
    [InlineData("eportal-high-water-1 abcdefabcdef 0000000000000000005 0000000000000000050 000000000x\n")]
    public void What_is_not_one_says_nothing(string content)
    {
        _folder.Write(HighWater.FileName, content);
        using var water = new HighWater(_folder.Path);

        water.ReadOrNull().ShouldBeNull();
    }
}
