using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Patchsets;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Feeds;

/// <summary>Which patchsets an action changes, and to what; each rule by itself.</summary>
public sealed class RolloutRulesTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>One of each state, oldest first.</summary>
    private readonly Placement[] _all =
    [
        On("K1", enabled: true),
        On("K2", enabled: false),
        On("K3", enabled: true, held: true),
        On("K4", enabled: false, here: false),
        On("K5", enabled: true),
        On("K6", enabled: false),
        On("K7", enabled: true, listed: RepositoryState.Blocked),
        On("K8", enabled: true),
        On("K9", enabled: false, listed: RepositoryState.Withdrawn),
    ];

    [Fact]
    public void Each_state_has_its_reason_and_its_name() =>
        _all.Select(one => one.StateText)
            .ShouldBe([
                "enabled",
                "undeployed",
                "disabled",
                "not-downloaded",
                "enabled",
                "undeployed",
                "blocked",
                "enabled",
                "not-available",
            ]);

    [Fact]
    public void What_is_offered_although_it_was_withdrawn_is_marked() =>
        On("K1", enabled: true, listed: RepositoryState.Withdrawn).StateText.ShouldBe("enabled (!)");

    [Fact]
    public void Enabling_up_to_one_enables_it_and_older_ones_that_are_merely_off() =>
        Effect(RolloutAction.EnableUpTo, "K9").ShouldBe(["K2 enabled", "K6 enabled"]);

    [Fact]
    public void What_is_not_here_is_fetched_when_it_is_the_one_or_wanted()
    {
        Effect(RolloutAction.EnableUpTo, "K4").ShouldBe(["K2 enabled", "K4 enabled"]);
        Effect(RolloutAction.EnableUpTo, "K5", "K4").ShouldBe(["K2 enabled", "K4 enabled"]);
        Effect(RolloutAction.EnableUpTo, "K5", "K6").ShouldBe(["K2 enabled"]);
        Effect(RolloutAction.EnableUpTo, "K2", "K4").ShouldBe(["K2 enabled"], "it is newer");
    }

    [Fact]
    public void Undeploying_down_to_one_takes_off_it_and_newer_ones_that_are_offered() =>
        Effect(RolloutAction.UndeployDownTo, "K5").ShouldBe(["K5 undeployed", "K8 undeployed"]);

    [Fact]
    public void An_action_on_one_leaves_all_others()
    {
        Effect(RolloutAction.Enable, "K3").ShouldBe(["K3 enabled"]);
        Effect(RolloutAction.Disable, "K1").ShouldBe(["K1 disabled"]);
        Effect(RolloutAction.Unroll, "K1").ShouldBe(["K1 undeployed"]);
        Effect(RolloutAction.Unroll, "K3").ShouldBe(["K3 undeployed"], "it is no longer disabled");
    }

    [Fact]
    public void Only_what_is_enabled_by_name_or_disabled_touches_holds()
    {
        Held(RolloutAction.Enable, "K3").ShouldBe(false);
        Held(RolloutAction.Unroll, "K3").ShouldBe(false);
        Held(RolloutAction.Disable, "K1").ShouldBe(true);
        Held(RolloutAction.EnableUpTo, "K2").ShouldBeNull();
        Held(RolloutAction.UndeployDownTo, "K8").ShouldBeNull();
    }

    [Fact]
    public void What_the_source_blocked_is_not_enabled() =>
        Should
            .Throw<RefusedException>(() => Effect(RolloutAction.Enable, "K7"))
            .Message.ShouldBe("cannot enable 'K7': the patch source blocked it");

    [Theory]
    [InlineData(nameof(RolloutAction.Disable))]
    [InlineData(nameof(RolloutAction.Unroll))]
    public void What_the_source_only_lists_is_neither_disabled_nor_undeployed(string action)
    {
        var listed = On("K10", enabled: false, here: false, id: "");

        Should
            .Throw<RefusedException>(() => RolloutRules.Changes(Enum.Parse<RolloutAction>(action), listed, [listed]))
            .Message.ShouldBe("'K10' is not downloaded yet");
    }

    [Fact]
    public void Only_what_is_to_be_offered_and_is_not_here_is_fetched()
    {
        Change(RolloutAction.Enable, "K4").NeedsFetch.ShouldBeTrue();
        Change(RolloutAction.Enable, "K2").NeedsFetch.ShouldBeFalse();
        Change(RolloutAction.Disable, "K4").NeedsFetch.ShouldBeFalse();
        Change(RolloutAction.Unroll, "K4").After.ShouldBe(PatchsetState.NotDownloaded);
    }

    private IEnumerable<string> Effect(RolloutAction action, string name, params string[] wanted) =>
        RolloutRules
            .Changes(action, Of(name), _all, wanted.ToHashSet(StringComparer.Ordinal))
            .Select(one => $"{one.Patchset.Name} {one.After.Token()}");

    private PlacementChange Change(RolloutAction action, string name) =>
        RolloutRules.Changes(action, Of(name), _all).Single(one => one.Patchset.Name == name);

    private bool? Held(RolloutAction action, string name) => Change(action, name).Held;

    private Placement Of(string name) => _all.Single(one => one.Patchset.Name == name);

    private static Placement On(
        string name,
        bool enabled,
        bool held = false,
        bool here = true,
        RepositoryState? listed = RepositoryState.Available,
        string? id = null
    )
    {
        var released = Start.AddDays(int.Parse(name.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture));
        var patchset = new Patchset(
            id ?? $"abcdefabcdef.{name[1..]}",
            Product.Kernel,
            name,
            released,
            "default",
            ["debian12"],
            "00",
            SignedBy: null,
            AvailableAt: here ? released : null,
            Whole: here,
            Held: false,
            listed,
            $"{name}.tar"
        );
        return new Placement(patchset, PatchsetStates.Of(patchset, enabled, held));
    }
}
