using EPortal.PatchSource;

namespace EPortal.Hosting;

/// <summary>The patch source as the settings have it.</summary>
internal static class SourceSettings
{
    /// <summary>What holds where nothing was set at run time.</summary>
    public static SourceSetting Initial(Settings settings) =>
        settings.PatchSourceUrl is null
            ? SourceSetting.Off
            : new SourceSetting
            {
                Url = settings.PatchSourceUrl,
                User = settings.PatchSourceUser,
                Password = settings.PatchSourcePassword,
                Distros = settings.PatchSourceDistros,
            };

    /// <summary>Opens the source of a setting that has one.</summary>
    public static PatchSourceConnection Open(Portal portal, SourceSetting setting) =>
        new(
            OptionsOf(portal.Settings, setting),
            new SyncScope(setting.Distros, portal.Settings.LimitPatchsets),
            portal.Settings.CacheMode,
            Path.Combine(portal.PatchesRoot, "cache", "source"),
            portal.Patchsets,
            portal.Database,
            portal.Log,
            portal.Signer.Trusted,
            Portal.LimitsOf(portal.Settings),
            portal.Time,
            portal.SyncActivity
        );

    /// <summary>Where the source is and how it is reached.</summary>
    public static SourceOptions OptionsOf(Settings settings, SourceSetting setting) =>
        new()
        {
            Url = setting.Url!,
            User = setting.User,
            Password = setting.Password,
            Proxy = ProxyFor(setting.Url!, settings),
            ChecksCertificate = settings.PatchSourceCheckCert,
            Timeout = settings.PatchSourceTimeout,
            Parallel = settings.PatchSourceParallel,
        };

    private static Uri? ProxyFor(Uri source, Settings settings) =>
        settings.NoProxy.Any(pattern => Matches(source.IdnHost, pattern))
            ? null
            : (source.Scheme == Uri.UriSchemeHttps ? settings.ProxyHttps : settings.ProxyHttp) ?? settings.Proxy;

    private static bool Matches(string host, string pattern) =>
        pattern == "*"
        || (
            pattern.StartsWith("*.", StringComparison.Ordinal)
                ? host.EndsWith(pattern[1..], StringComparison.OrdinalIgnoreCase)
                : host.Equals(pattern, StringComparison.OrdinalIgnoreCase)
        );
}
