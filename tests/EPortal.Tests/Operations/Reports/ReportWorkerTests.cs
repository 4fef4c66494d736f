using EPortal.Operations.Reports;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Operations.Reports;

/// <summary>When usage reports are sent.</summary>
public sealed class ReportWorkerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_comes_after_an_hour_and_then_one_a_day_however_often_the_portal_starts()
    {
        await using var house = await ReportHouse.StartAsync();
        using var first = house.NewWorker();
        await RunAsync(house, first, TimeSpan.FromMinutes(59));
        house.Received.ShouldBeEmpty();

        await RunAsync(house, first, TimeSpan.FromHours(3));
        for (var start = 0; start < 10; start++)
        {
            using var again = house.NewWorker();
            await RunAsync(house, again, TimeSpan.FromHours(2));
        }

        house.Received.Count.ShouldBe(1);
        using var last = house.NewWorker();
        await RunAsync(house, last, TimeSpan.FromDays(3));
        house.Received.Select(report => report.Number).ShouldBe([1L, 2L, 3L, 4L]);
    }

    [Fact]
    public async Task A_clock_that_was_a_year_ahead_makes_one_too_many_and_the_next_does_not_wait_for_a_year()
    {
        await using var house = await ReportHouse.StartAsync();
        await house.SendAsync();
        var now = house.Time.GetUtcNow();
        house.Time.AdjustTime(now + TimeSpan.FromDays(365));
        using (var ahead = house.NewWorker())
            await RunAsync(house, ahead, TimeSpan.FromMinutes(5));
        house.Received.Count.ShouldBe(2);
        house.Time.AdjustTime(now + TimeSpan.FromMinutes(10));

        using (var back = house.NewWorker())
            await RunAsync(house, back, TimeSpan.FromMinutes(5));
        using var next = house.NewWorker();
        await RunAsync(house, next, TimeSpan.FromHours(22));
        house.Received.Count.ShouldBe(2);
        await RunAsync(house, next, TimeSpan.FromHours(2));

        house.Received.Count.ShouldBe(3);
    }

    [Fact]
    public async Task What_fails_is_tried_again_with_pauses_that_grow_up_to_six_hours()
    {
        await using var house = await ReportHouse.StartAsync();
        using var worker = house.NewWorker();
        house.Answer = 500;
        await RunAsync(house, worker, TimeSpan.FromHours(1) + TimeSpan.FromMinutes(1));
        var begun = house.Source.Asked("/usage-report");
        begun.ShouldBe(1);

        await RunAsync(house, worker, TimeSpan.FromMinutes(10));
        house.Source.Asked("/usage-report").ShouldBe(2);
        await RunAsync(house, worker, TimeSpan.FromHours(20));
        house.Source.Asked("/usage-report").ShouldBeInRange(7, 10);
        house.Sender.State.IsPending.ShouldBeTrue();

        house.Answer = 200;
        await RunAsync(house, worker, TimeSpan.FromHours(7));
        house.Received.First().Number.ShouldBeInRange(1, 2);
        house.Sender.State.IsPending.ShouldBeFalse();
    }

    [Fact]
    public async Task What_was_to_be_sent_when_the_portal_ended_is_sent_with_its_number()
    {
        await using var house = await ReportHouse.StartAsync();
        house.Answer = 500;
        (await house.SendAsync()).IsPending.ShouldBeTrue();
        house.Answer = 200;

        using var worker = house.NewWorker();
        await RunAsync(house, worker, TimeSpan.FromMinutes(2));

        house.Received.ShouldHaveSingleItem().Number.ShouldBe(1);
    }

    /// <summary>Lets time pass as a worker sees it, a minute a look.</summary>
    private static async Task RunAsync(ReportHouse house, ReportWorker worker, TimeSpan time)
    {
        for (var minute = 0; minute < time.TotalMinutes; minute++)
        {
            await worker.Look(Cancellation);
            house.Time.Advance(TimeSpan.FromMinutes(1));
        }

        await worker.Look(Cancellation);
    }
}
