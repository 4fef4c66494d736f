using EPortal.AgentClient.Wire;
using Kcarectl.Settings;
using Kcarectl.State;

namespace Kcarectl.Updates;

/// <summary>What a check-in means for this host.</summary>
internal enum Verdict
{
    /// <summary>The feed offers nothing for this kernel.</summary>
    Unsupported,

    UpToDate,

    /// <summary>There is something, and STICKY_PATCHSET or UPDATE_DELAY of this host holds it back.</summary>
    Held,

    Change,
}

/// <summary>An answered check-in.</summary>
internal sealed record CheckInResult(Verdict Verdict, CheckInAnswer Answer, OwnModule? Current, string ServerId)
{
    public static Verdict Judge(CheckInAnswer answer, OwnModule? current, AgentSettings settings)
    {
        if (!answer.Supported)
            return answer.HeldBack == true ? Verdict.Held : Verdict.Unsupported;
        if (current is not null && current.Level == answer.Level)
            return Verdict.UpToDate;
        return settings.StickyPatchset is { } wanted && wanted != answer.Patchset ? Verdict.Held : Verdict.Change;
    }
}
