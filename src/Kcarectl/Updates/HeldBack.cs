using Kcarectl.Settings;

namespace Kcarectl.Updates;

/// <summary>Tells why something that the feed offers is not applied.</summary>
internal static class HeldBack
{
    /// <summary>One sentence.</summary>
    public static string By(AgentSettings settings) => settings.StickyPatchset is { } patchset
        ? $"Something else is offered, but STICKY_PATCHSET keeps this host on {patchset}."
        : $"What is offered is held back: it was released less than UPDATE_DELAY ({settings.UpdateDelay.TotalHours:0.#} hours) ago.";
}
