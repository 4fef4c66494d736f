using EPortal.Data;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Data;

/// <summary>When so many changes come that work is put off.</summary>
public sealed class WriterLoadTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Many_that_come_together_are_load_and_so_is_the_one_between_them()
    {
        var load = new WriterLoad(_time);
        for (var n = 0; n < 9; n++)
        {
            load.Count(WriterLoad.Many / 5);
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        load.IsHigh.ShouldBeTrue();
        load.Count(1);
        load.IsHigh.ShouldBeTrue(
            "the others come with the next commit, and would wait for what this one does at leisure"
        );
        _time.Advance(TimeSpan.FromMilliseconds(20));
        load.Count(1);
        load.IsHigh.ShouldBeTrue("the window that has just ended was full");
    }

    [Fact]
    public void The_same_number_one_at_a_time_is_none()
    {
        var load = new WriterLoad(_time);
        for (var n = 0; n < 5 * WriterLoad.Many; n++)
            load.Count(1);

        load.IsHigh.ShouldBeFalse();
    }

    [Fact]
    public void It_ends_when_nothing_waits_or_time_has_passed()
    {
        var load = new WriterLoad(_time);
        load.Count(2 * WriterLoad.Many);
        load.IsHigh.ShouldBeTrue();

        load.Count(0);
        load.IsHigh.ShouldBeFalse("nobody waits for this commit");
        load.Count(2);
        load.IsHigh.ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(1));
        load.Count(2);
        load.IsHigh.ShouldBeFalse("a window that ended long ago says nothing about now");
    }
}
