using EPortal.Accounts.Sessions;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>When a login ends, and how exactly its last use is noted for that.</summary>
public sealed class SessionLifetimeTests
{
    private static readonly DateTimeOffset Created = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Seen = Created.AddHours(3);

    [Theory]
    [InlineData(null, false, 7 * 24 + 3)]
    [InlineData(null, true, 7 * 24 + 3)]
    [InlineData(5, false, 5)]
    [InlineData(5, true, 8)]
    public void It_ends_so_long_after_the_login_or_the_last_use(int? hours, bool fromLastUse, int after) =>
        new SessionLifetime(hours is { } some ? TimeSpan.FromHours(some) : null, fromLastUse)
            .End(Created, Seen)
            .ShouldBe(Created.AddHours(after));

    [Theory]
    [InlineData(null, true, 60)]
    [InlineData(600, false, 60)]
    [InlineData(3600, true, 60)]
    [InlineData(1200, true, 60)]
    [InlineData(600, true, 30)]
    [InlineData(20, true, 1)]
    [InlineData(5, true, 1)]
    public void A_use_is_noted_within_a_twentieth_of_what_it_lengthens(int? seconds, bool fromLastUse, int step) =>
        new SessionLifetime(seconds is { } some ? TimeSpan.FromSeconds(some) : null, fromLastUse).Step.ShouldBe(
            TimeSpan.FromSeconds(step)
        );

    [Theory]
    [InlineData(null, true, false)]
    [InlineData(60, false, false)]
    [InlineData(60, true, true)]
    public void The_browser_is_told_again_where_a_use_lengthens_it(int? seconds, bool fromLastUse, bool told) =>
        new SessionLifetime(seconds is { } some ? TimeSpan.FromSeconds(some) : null, fromLastUse).IsRefreshed.ShouldBe(
            told
        );
}
