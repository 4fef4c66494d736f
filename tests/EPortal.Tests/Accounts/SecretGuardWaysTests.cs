using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>C19 and its kin: at every way in the guard is asked first, and counts alike.</summary>
public sealed class SecretGuardWaysTests
{
    private const int Guesses = 13;

    private static readonly SecretWay[] s_ways = Enum.GetValues<SecretWay>();

    [Fact]
    public async Task After_too_many_wrong_secrets_not_even_the_right_one_is_taken_from_there()
    {
        await using var house = await SecretHouse.StartAsync();
        foreach (var way in s_ways)
        {
            var (owner, stranger) = ($"192.0.2.{(int)way}", $"198.51.100.{(int)way}");
            (await house.RightAsync(way, owner)).ShouldBe(SecretAnswer.Right, $"{way}");
            for (var number = 0; number < Guesses; number++)
                (await house.WrongAsync(way, stranger, number)).ShouldNotBe(SecretAnswer.Right, $"{way}");

            (await house.RightAsync(way, stranger)).ShouldBe(
                way is SecretWay.BasicOnReadiness or SecretWay.MetricsTokenOnReadiness
                    ? SecretAnswer.Wrong
                    : SecretAnswer.Throttled,
                $"{way}: else the answer tells a guess that was right from one that was not tried"
            );
            (await house.RightAsync(way, owner)).ShouldBe(
                SecretAnswer.Right,
                $"{way}: who proved to have it is not held up by others"
            );
        }
    }

    [Fact]
    public async Task A_host_with_a_whole_IPv6_network_is_one_address_and_IPv4_is_one_however_it_is_written()
    {
        await using var house = await SecretHouse.StartAsync();
        foreach (var way in s_ways)
        {
            var (network, ipv4) = ($"2001:db8:1:{(int)way:x}", $"198.51.100.{(int)way}");
            for (var number = 0; number < Guesses; number++)
            {
                await house.WrongAsync(way, $"{network}:{number:x}::{number:x}", number);
                await house.WrongAsync(way, $"::ffff:{ipv4}", Guesses + number);
            }

            (await house.RightAsync(way, $"{network}:ffff::1")).ShouldNotBe(SecretAnswer.Right, $"{way}");
            (await house.RightAsync(way, ipv4)).ShouldNotBe(SecretAnswer.Right, $"{way}");
            (await house.RightAsync(way, $"2001:db8:2:{(int)way:x}::1")).ShouldBe(
                SecretAnswer.Right,
                $"{way}: another network is another address"
            );
        }
    }

    [Fact]
    public async Task Wrong_secrets_are_logged_at_a_bounded_rate_and_never_themselves()
    {
        await using var house = await SecretHouse.StartAsync();
        foreach (var way in s_ways)
        {
            for (var number = 0; number < 60; number++)
                await house.WrongAsync(way, $"198.51.{(int)way}.{number / 2}", number);

            house
                .Api.Portal.Log.Count(line => line.Contains($"198.51.{(int)way}.", StringComparison.Ordinal))
                .ShouldBeInRange(10, 40, $"{way}");
            house.Api.Portal.Log.ShouldAllBe(line =>
                !line.Contains("guess0", StringComparison.Ordinal)
                && !line.Contains(house.Wrong(way, 0), StringComparison.Ordinal)
            );
            house.Api.Portal.Time.Advance(TimeSpan.FromMinutes(2));
        }
    }
}
