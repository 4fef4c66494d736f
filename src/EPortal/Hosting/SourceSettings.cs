using EPortal.PatchSource;

namespace EPortal.Hosting;

/// <summary>The patch source as the settings have it.</summary>
internal static class SourceSettings
{
    /// <summary>Opens it; null while none is set.</summary>
    public static SourceDesk? OpenOrNull(Portal portal) => portal.Settings.PatchSourceUrl is null ? null : new SourceDesk(
        OptionsOf(portal.Settings),
        new SourceChoice(portal.Settings.PatchSourceDistros, portal.Settings.LimitPatchsets),
        portal.Settings.CacheMode,
        Path.Combine(portal.PatchesRoot, "cache", "source"),
        portal.Patchsets, portal.Database, portal.Log, portal.Signer.Trusted, Portal.LimitsOf(portal.Settings), portal.Time);

    /// <summary>Where the source is and how it is reached.</summary>
    public static SourceOptions OptionsOf(Settings settings) => new()
    {
        Url = settings.PatchSourceUrl!,
        User = settings.PatchSourceUser,
        Password = settings.PatchSourcePassword,
        Proxy = ProxyFor(settings.PatchSourceUrl!, settings),
        Timeout = settings.PatchSourceTimeout,
        Parallel = settings.PatchSourceParallel,
    };

    private static Uri? ProxyFor(Uri source, Settings settings) =>
        settings.NoProxy.Any(pattern => Matches(source.IdnHost, pattern)) ? null
        : (source.Scheme == Uri.UriSchemeHttps ? settings.ProxyHttps : settings.ProxyHttp) ?? settings.Proxy;

    private static bool Matches(string host, string pattern) => pattern == "*"
        || (pattern.StartsWith("*.", StringComparison.Ordinal)
            ? host.EndsWith(pattern[1..], StringComparison.OrdinalIgnoreCase)
            : host.Equals(pattern, StringComparison.OrdinalIgnoreCase));
}
