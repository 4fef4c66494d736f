namespace EPortal.AgentClient;

/// <summary>Where a portal is and how patient its client is.</summary>
public sealed record PortalOptions
{
    /// <summary><c>PATCH_SERVER</c>: http or https, files are below it.</summary>
    public required Uri PatchServer { get; init; }

    /// <summary><c>REGISTRATION_URL</c>: http or https, the calls of registration and check-in are below it.</summary>
    public required Uri RegistrationUrl { get; init; }

    /// <summary>Id used as the Basic user name (RFC 7617); null before registration.</summary>
    public string? ServerId { get; init; }

    /// <summary>Tries of one call, the first included.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>Longest time for one try of a call, and for one silence within a download.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>First pause before another try; it doubles each time, and a random part of it is taken.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause; where a portal asks for more, the call fails instead of waiting.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Largest answer in bytes that is read, except files.</summary>
    public int MaxAnswerBytes { get; init; } = 1 << 20;

    /// <summary>Lowest mean rate of a download in bytes a second, not counting the time that tries may take.</summary>
    public int LowestRate { get; init; } = 16 * 1024;

    /// <summary>Clock for dates in <c>Retry-After</c>.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How to wait between tries.</summary>
    public Func<TimeSpan, CancellationToken, Task> Pause { get; init; } = Task.Delay;
}
