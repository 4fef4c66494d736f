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
}
