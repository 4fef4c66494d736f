using System.Globalization;
using Kcarectl.Cli;

namespace Kcarectl.Settings;

/// <summary>What <c>kcare.conf</c> says. Names it does not know are left to other programs.</summary>
internal sealed record AgentSettings
{
    public bool AutoUpdate { get; init; } = true;

    public Uri? PatchServer { get; init; }

    public Uri? RegistrationUrl { get; init; }

    /// <summary><c>--auto-update</c> waits a random part of it, so that a fleet's cron does not call at once.</summary>
    public TimeSpan AutoUpdateSpread { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Least age of a patchset, counted from its release.</summary>
    public TimeSpan UpdateDelay { get; init; }

    public string? StickyPatchset { get; init; }

    /// <summary>How long tasks may take to move to a new level before it is taken back.</summary>
    public TimeSpan TransitionTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <exception cref="AgentException">A value is wrong: the line is named.</exception>
    public static AgentSettings Load(AgentPaths paths)
    {
        var settings = new AgentSettings();
        if (!File.Exists(paths.SettingsFile))
            return settings;
        var number = 0;
        foreach (var line in File.ReadLines(paths.SettingsFile))
        {
            number++;
            if (SettingLine.Parse(line) is not { } setting)
                continue;
            try
            {
                settings = settings.With(setting.Name, setting.Value);
            }
            catch (FormatException e)
            {
                throw new AgentException(
                    ExitCode.Local,
                    $"{paths.SettingsFile}, line {number}: {setting.Name} {e.Message}",
                    e
                );
            }
        }
        return settings;
    }

    /// <summary>Both addresses, or a sentence about the one that is missing.</summary>
    public (Uri PatchServer, Uri RegistrationUrl) RequirePortal()
    {
        if (PatchServer is not null && RegistrationUrl is not null)
            return (PatchServer, RegistrationUrl);
        throw new AgentException(
            ExitCode.Local,
            $"{(PatchServer is null ? "PATCH_SERVER" : "REGISTRATION_URL")} is not set; run kcarectl --set-patch-server URL first"
        );
    }

    private AgentSettings With(string name, string value) =>
        name switch
        {
            "AUTO_UPDATE" => this with { AutoUpdate = Flag(value) },
            "PATCH_SERVER" => this with { PatchServer = Address(value) },
            "REGISTRATION_URL" => this with { RegistrationUrl = Address(value) },
            "AUTO_UPDATE_SPREAD" => this with { AutoUpdateSpread = Span(value) },
            "UPDATE_DELAY" => this with { UpdateDelay = Span(value) },
            "STICKY_PATCHSET" => this with { StickyPatchset = value.Length == 0 ? null : value },
            "TRANSITION_TIMEOUT" => this with { TransitionTimeout = Span(value) },
            _ => this,
        };

    private static bool Flag(string value) =>
        value.ToUpperInvariant() switch
        {
            "TRUE" or "YES" or "ON" or "1" => true,
            "FALSE" or "NO" or "OFF" or "0" => false,
            _ => throw new FormatException("must be True or False"),
        };

    private static Uri Address(string value) =>
        PortalAddress.ParseOrNull(value)
        ?? throw new FormatException("must be an http or https address without user, query and fragment");

    private static TimeSpan Span(string value)
    {
        var unit = value.Length == 0 ? ' ' : value[^1];
        var seconds = unit switch
        {
            'd' => 86400,
            'h' => 3600,
            'm' => 60,
            _ => 1,
        };
        var digits = unit is 'd' or 'h' or 'm' or 's' ? value[..^1] : value;
        return
            int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= 10_000_000
            ? TimeSpan.FromSeconds((double)count * seconds)
            : throw new FormatException("must be a number of seconds, or one followed by m, h or d");
    }
}
