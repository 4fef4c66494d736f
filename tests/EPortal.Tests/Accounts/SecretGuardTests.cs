using System.Net;
using EPortal.Accounts;
using EPortal.Api.Guards;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>The guard's own rules, its queue and its bounds.</summary>
public sealed class SecretGuardTests
{
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("fe80::1%1", "fe80::1", true)]
    [InlineData("::", "0.0.0.0", false)]
    public void An_address_is_one_however_it_is_written(string a, string b, bool same) =>
        (ClientAddress.Of(a) == ClientAddress.Of(b)).ShouldBe(same);

    [Fact]
    public void Addresses_are_written_as_people_write_them()
    {
        ClientAddress.Of("::ffff:192.0.2.1").ToString().ShouldBe("192.0.2.1");
        ClientAddress.Of("2001:db8:1:2:3::4").ToString().ShouldBe("2001:db8:1:2::/64");
        ClientAddress.Of((IPAddress?)null).ToString().ShouldBe("an unknown address");
        ClientAddress.Of("192.0.2.77").Network.ShouldBe(ClientAddress.Of("192.0.2.1").Network);
        ClientAddress.Of("2001:db8:1:2::").Network.ShouldBe(ClientAddress.Of("2001:db8:1:ffff::").Network);
    }

    [Fact]
    public async Task One_more_is_allowed_after_a_while_and_never_more_than_at_first()
    {
        var guard = Guard(allowed: 2);
        await WrongAsync(guard, "192.0.2.1");
        await WrongAsync(guard, "192.0.2.1");
        (await BeginAsync(guard, "192.0.2.1")).ShouldBeNull();

        _time.Advance(TimeSpan.FromSeconds(9));
        (await BeginAsync(guard, "192.0.2.1")).ShouldBeNull();
        _time.Advance(TimeSpan.FromSeconds(1));
        await WrongAsync(guard, "192.0.2.1");
        (await BeginAsync(guard, "192.0.2.1")).ShouldBeNull();

        _time.Advance(TimeSpan.FromDays(1));
        await WrongAsync(guard, "192.0.2.1");
        await WrongAsync(guard, "192.0.2.1");
        (await BeginAsync(guard, "192.0.2.1")).ShouldBeNull();
    }

    [Fact]
    public async Task Nobody_waits_for_an_attempt_that_ends_at_that_moment()
    {
        for (var n = 0; n < 10_000; n++)
        {
            var guard = Guard(allowed: 1);
            var first = await BeginAsync(guard, "192.0.2.1");
            first.ShouldNotBeNull();
            using var together = new Barrier(2);
            var ending = Task.Run(
                () =>
                {
                    together.SignalAndWait(Cancellation);
                    first.Wrong();
                },
                Cancellation
            );
            together.SignalAndWait(Cancellation);

            (await BeginAsync(guard, "192.0.2.1").WaitAsync(TimeSpan.FromMinutes(1), Cancellation)).ShouldBeNull();
            await ending;
        }
    }

    [Fact]
    public async Task What_is_under_way_may_be_wrong_so_others_wait_for_it_and_are_not_refused()
    {
        var guard = Guard(allowed: 2);
        using var first = await BeginAsync(guard, "192.0.2.1");
        using var second = await BeginAsync(guard, "192.0.2.1");

        var third = BeginAsync(guard, "192.0.2.1");
        third.IsCompleted.ShouldBeFalse();
        using var elsewhere = await guard.Begin(ClientAddress.Of("192.0.2.2"), "bob", Cancellation);
        elsewhere.ShouldNotBeNull();
        first!.Wrong();
        third.IsCompleted.ShouldBeFalse("one is wrong, one under way, two are allowed");
        second!.Right();

        (await third).ShouldNotBeNull();
    }

    [Fact]
    public async Task Who_hangs_up_is_neither_right_nor_wrong()
    {
        var guard = Guard(allowed: 1);
        for (var number = 0; number < 5; number++)
            (await BeginAsync(guard, "192.0.2.1"))!.Dispose();
        using var held = await BeginAsync(guard, "192.0.2.1");
        using var ended = new CancellationTokenSource();
        var waiting = guard.Begin(ClientAddress.Of("192.0.2.1"), "ada", ended.Token).AsTask();
        await ended.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        guard.Counts[SecretOutcome.Wrong].ShouldBe(0);
    }

    [Fact]
    public async Task An_attempt_is_good_for_one_answer()
    {
        var attempt = (await BeginAsync(Guard(), "192.0.2.1"))!;
        attempt.Wrong();
        attempt.Right();

        Should.Throw<ObjectDisposedException>(attempt.Demand);
    }

    [Fact]
    public async Task The_same_wrong_secret_again_is_no_new_guess_but_ten_others_are()
    {
        var guard = Guard();
        for (var number = 0; number < 100; number++)
            (await TryAsync(guard, "old")).ShouldBe(SecretOutcome.Wrong);
        for (var number = 0; number < 9; number++)
            (await TryAsync(guard, $"guess{number}")).ShouldBe(SecretOutcome.Wrong);

        (await TryAsync(guard, "right")).ShouldBe(SecretOutcome.Throttled);
    }

    [Fact]
    public async Task Addresses_and_names_without_end_take_bounded_room()
    {
        var guard = Guard();
        for (var number = 0; number < 100_000; number++)
            await WrongAsync(guard, $"{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}.1", $"user{number}");

        guard.Kept.ShouldBeInRange(20_000, 60_000);
    }

    [Fact]
    public async Task What_is_turned_away_pushes_nothing_out()
    {
        var guard = Guard(allowed: 1);
        await WrongAsync(guard, "192.0.2.1", "ada");
        var kept = guard.Kept;
        for (var number = 0; number < 1000; number++)
            (await guard.Begin(ClientAddress.Of("192.0.2.1"), $"user{number}", Cancellation)).ShouldBeNull();

        guard.Kept.ShouldBe(kept);
        (await guard.Begin(ClientAddress.Of("192.0.2.2"), "ada", Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task Right_ones_leave_nothing_behind_but_that_they_were()
    {
        var guard = Guard();
        for (var number = 0; number < 50; number++)
            (await guard.Begin(ClientAddress.Of($"192.0.2.{number}"), "ada", Cancellation))!.Right();

        guard.Kept.ShouldBe(0);
        using var attempt = await BeginAsync(guard, "192.0.2.1");
        attempt!.IsProved.ShouldBeTrue();
    }

    [Fact]
    public async Task The_more_came_from_a_network_the_later_it_is_served()
    {
        var guard = Guard();
        await WrongAsync(guard, "198.51.100.1", "a");
        using var neighbour = await guard.Begin(ClientAddress.Of("198.51.100.2"), "b", Cancellation);
        using var next = await guard.Begin(ClientAddress.Of("198.51.100.3"), "c", Cancellation);
        using var same = await guard.Begin(ClientAddress.Of("198.51.100.1"), "d", Cancellation);
        using var owner = await guard.Begin(ClientAddress.Of("203.0.113.1"), "ada", Cancellation);

        new[] { owner!, neighbour!, next!, same! }.Select(one => one.Rank).ShouldBeInOrder();
        owner!.Rank.ShouldBe(0);
        neighbour!.Rank.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Of_two_turns_one_is_the_newests_and_the_lowest_rank_comes_first()
    {
        var queue = new AdmissionQueue(1, 100);
        var running = await queue.Wait(0, Cancellation);
        var guesses = Enumerable.Range(0, 50).Select(_ => queue.Wait(0, Cancellation)).ToList();
        var owner = queue.Wait(0, Cancellation);
        var bad = queue.Wait(7, Cancellation);

        running!.Dispose();
        var done = await Task.WhenAny([.. guesses, owner]);
        (await done)!.Dispose();
        (await owner)!.Dispose();

        guesses.Count(guess => guess.IsCompleted).ShouldBeLessThanOrEqualTo(2);
        bad.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task When_too_many_wait_the_last_in_order_is_turned_away()
    {
        var queue = new AdmissionQueue(1, 2);
        using var running = await queue.Wait(0, Cancellation);
        var bad = queue.Wait(3, Cancellation);
        var old = queue.Wait(0, Cancellation);

        var next = queue.Wait(0, Cancellation);
        (await bad).ShouldBeNull();
        (await queue.Wait(5, Cancellation)).ShouldBeNull();
        var newest = queue.Wait(0, Cancellation);
        (await old).ShouldBeNull();
        (next.IsCompleted, newest.IsCompleted, queue.Waiting).ShouldBe((false, false, 2));
    }

    [Fact]
    public async Task Who_hangs_up_while_waiting_gives_the_place_back()
    {
        var queue = new AdmissionQueue(1, 10);
        var running = await queue.Wait(0, Cancellation);
        using var gone = new CancellationTokenSource();
        var first = queue.Wait(0, gone.Token);
        var second = queue.Wait(0, Cancellation);
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);

        running!.Dispose();

        (await second)!.Dispose();
        (await queue.Wait(0, Cancellation))!.Dispose();
    }

    private SecretGuard Guard(int allowed = 10) =>
        new("password", countsHolders: true, _time, NullLogger.Instance, allowed);

    private static Task<SecretAttempt?> BeginAsync(SecretGuard guard, string address) =>
        guard.Begin(ClientAddress.Of(address), "ada", Cancellation).AsTask();

    private static async Task WrongAsync(SecretGuard guard, string address, string holder = "ada")
    {
        using var attempt = await guard.Begin(ClientAddress.Of(address), holder, Cancellation);
        attempt.ShouldNotBeNull();
        attempt.Wrong();
    }

    private static async Task<SecretOutcome> TryAsync(SecretGuard guard, string secret) =>
        await guard.Try(ClientAddress.Of("192.0.2.1"), "", secret, _ => secret == "right", Cancellation);
}
