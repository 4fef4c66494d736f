using EPortal.Accounts;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>Who gets the next slot when many wait.</summary>
public sealed class AdmissionQueueTests
{
    private const int Guesses = 50;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_comes_last_has_a_slot_after_two_at_the_most_however_many_came_before()
    {
        var queue = new AdmissionQueue(atOnce: 1, waiting: 200);
        var held = (await queue.Wait(0, Cancellation))!;
        var guesses = Enumerable.Range(0, Guesses).Select(_ => queue.Wait(0, Cancellation)).ToList();
        var owner = queue.Wait(0, Cancellation);

        held.Dispose();
        var next = (await await Task.WhenAny([.. guesses, owner]))!;
        if (!owner.IsCompleted)
            next.Dispose();

        await owner;
        queue.Waiting.ShouldBeGreaterThan(Guesses - 2);
    }

    [Fact]
    public async Task Who_came_first_is_not_held_up_for_ever_by_those_who_keep_coming()
    {
        var queue = new AdmissionQueue(atOnce: 1, waiting: 200);
        var held = (await queue.Wait(0, Cancellation))!;
        var first = queue.Wait(0, Cancellation);
        for (var turn = 0; !first.IsCompleted; turn++)
        {
            turn.ShouldBeLessThan(10_000);
            var later = queue.Wait(0, Cancellation);
            held.Dispose();
            held = (await await Task.WhenAny(first, later))!;
        }
    }

    [Fact]
    public async Task A_lower_rank_comes_before_all_others_and_is_the_last_to_be_turned_away()
    {
        var queue = new AdmissionQueue(atOnce: 1, waiting: 2);
        var held = (await queue.Wait(0, Cancellation))!;
        var high = queue.Wait(5, Cancellation);
        var higher = queue.Wait(9, Cancellation);
        var low = queue.Wait(1, Cancellation);

        (await higher).ShouldBeNull();
        held.Dispose();

        (await low).ShouldNotBeNull();
        high.IsCompleted.ShouldBeFalse();
    }
}
