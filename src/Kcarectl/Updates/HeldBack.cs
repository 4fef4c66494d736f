using Kcarectl.Settings;

namespace Kcarectl.Updates;

/// <summary>Why something that the feed offers is not applied.</summary>
internal static class HeldBack
{
    /// <summary>One sentence.</summary>
    public static string By(AgentSettings settings) =>
        settings.StickyPatchset is { } patchset
            ? $"an update is held back: STICKY_PATCHSET keeps this host on {patchset}"
            : $"an update is held back: it was released less than UPDATE_DELAY ({settings.UpdateDelay.TotalHours:0.#} hours) ago";
}
