using System.Text.RegularExpressions;
using EPortal.Servers;
using static EPortal.Hosting.SettingsAddresses;
using static EPortal.Hosting.SettingsKinds;

namespace EPortal.Hosting;

/// <summary>All known settings: the one place that gives a setting its name, kind and description.</summary>
internal static partial class SettingsTable
{
    private static readonly SettingsKind<string?> UserName =
        Optional(Text("a user name in quotes", UserNamePattern().IsMatch));

    private static readonly SettingsKind<string> HeaderName =
        Text("a name of an HTTP header in quotes", HeaderPattern().IsMatch);

    private static readonly SettingsKind<IReadOnlyList<string>> Distros = ListOf(
        "a list of distributions such as 'debian12'", text => DistroPattern().IsMatch(text) ? text : null, text => text);

    private static readonly SettingsDefinition[] Serving =
    [
        Define("LISTEN", Listen, s => s.Listen, (s, v) => s with { Listen = v },
            "Addresses to answer HTTP on; port 0 takes any free port."),
        Define("DATA_DIR", AbsolutePath, s => s.DataDir, (s, v) => s with { DataDir = v },
            "The data folder: databases, patches, state."),
        Define("RUN_AS", UserName, s => s.RunAs, (s, v) => s with { RunAs = v },
            "The user to become when started as root; None takes the data folder's owner, else `eportal`."),
        Define("ALLOWED_HOSTS", Hosts, s => s.AllowedHosts, (s, v) => s with { AllowedHosts = v },
            "Host names that requests may name; others are refused."),
        Define("TRUSTED_PROXIES", Networks, s => s.TrustedProxies, (s, v) => s with { TrustedProxies = v },
            "Proxies whose `X-Forwarded-*` headers are believed."),
        Define("REGISTER_RATE_LIMIT", Count(0), s => s.RegisterRateLimit, (s, v) => s with { RegisterRateLimit = v },
            "Registrations that one address may make in a minute; 0 is unlimited."),
        Define("REGISTER_ALLOWED_NETWORKS", OptionalNetworks, s => s.RegisterAllowedNetworks,
            (s, v) => s with { RegisterAllowedNetworks = v }, "Where servers may register from; None is everywhere."),
        Define("SERVER_CHANGES_PER_HOUR", Count(0, HostChangeLimiter.Most), s => s.ServerChangesPerHour, (s, v) => s with { ServerChangesPerHour = v },
            "Changes that one server may make in an hour: tags it sets, check-ins that make lines of its history, registrations that it ends; 0 is unlimited."),
        Define("CLEAN_INACTIVE_SERVERS_PERIOD", Never(24 * 3600), s => s.CleanInactiveServersPeriod,
            (s, v) => s with { CleanInactiveServersPeriod = v }, "How often servers that have not checked in for 30 days are deleted; days on which none checked in do not count."),
        Define("SERVER_STATS_PERIOD", Never(60), s => s.ServerStatsPeriod, (s, v) => s with { ServerStatsPeriod = v },
            "How often the counts of servers are noted for the charts."),
        Define("SEND_CHECKIN_PERIOD", Never(60), s => s.SendCheckinPeriod, (s, v) => s with { SendCheckinPeriod = v },
            "How often the usage report is sent."),
        Define("REDUCED_REPORT", Flag, s => s.ReducedReport, (s, v) => s with { ReducedReport = v },
            "Leave host names and addresses out of the usage report."),
        Define("METRICS_TOKEN", Secret, s => s.MetricsToken, (s, v) => s with { MetricsToken = v },
            "The token that `/metrics` takes as `Authorization: Bearer`."),
        Define("METRICS_ALLOWED_NETWORKS", Networks, s => s.MetricsAllowedNetworks,
            (s, v) => s with { MetricsAllowedNetworks = v }, "Where `/metrics` may be read from without the token."),
        Define("READY_MIN_FREE_BYTES", Bytes(0), s => s.ReadyMinFreeBytes, (s, v) => s with { ReadyMinFreeBytes = v },
            "With less free space for data or patches `/readyz` says that the portal is not ready."),
        Define("SERVER_HISTORY_MAX_AGE", OptionalValue(Seconds(3600)), s => s.ServerHistoryMaxAge, (s, v) => s with { ServerHistoryMaxAge = v },
            "How long lines of the histories of servers are kept; None is for ever."),
        Define("SERVER_HISTORY_MAX_ROWS", OptionalValue(Whole(1)), s => s.ServerHistoryMaxRows, (s, v) => s with { ServerHistoryMaxRows = v },
            "Lines that the histories of all servers have together, the newest; None is all."),
        Define("USER_LOG_MAX_AGE", OptionalValue(Seconds(3600)), s => s.UserLogMaxAge, (s, v) => s with { UserLogMaxAge = v },
            "How long lines of the user log are kept; None is for ever."),
        Define("USER_LOG_MAX_ROWS", OptionalValue(Whole(1)), s => s.UserLogMaxRows, (s, v) => s with { UserLogMaxRows = v },
            "Lines that the user log has, the newest; None is all."),
    ];

    private static readonly SettingsDefinition[] Patchsets =
    [
        Define("PATCHES_DIR", OptionalPath, s => s.PatchesDir, (s, v) => s with { PatchesDir = v },
            "Where patches are kept; None keeps them in the data folder."),
        Define("TRUSTED_KEYS", PublicKeys, s => s.TrustedKeys, (s, v) => s with { TrustedKeys = v },
            "Keys that patchsets must be signed with; an empty list accepts unsigned ones."),
        Define("PATCHSET_MAX_ARCHIVE_BYTES", Bytes(1), s => s.PatchsetMaxArchiveBytes,
            (s, v) => s with { PatchsetMaxArchiveBytes = v }, "The largest archive that is read."),
        Define("PATCHSET_MAX_UNPACKED_BYTES", Bytes(1), s => s.PatchsetMaxUnpackedBytes,
            (s, v) => s with { PatchsetMaxUnpackedBytes = v }, "How much an archive may unpack to."),
        Define("PATCHSET_MAX_FILE_BYTES", Bytes(1), s => s.PatchsetMaxFileBytes,
            (s, v) => s with { PatchsetMaxFileBytes = v }, "The largest file in an archive."),
        Define("PATCHSET_MAX_MEMBERS", Count(1), s => s.PatchsetMaxMembers, (s, v) => s with { PatchsetMaxMembers = v },
            "How many files an archive may hold."),
        Define("PATCHSET_MAX_TARGETS", Count(1), s => s.PatchsetMaxTargets, (s, v) => s with { PatchsetMaxTargets = v },
            "How many targets a patchset may have."),
        Define("PATCHSET_MAX_MANIFEST_BYTES", Count(1), s => s.PatchsetMaxManifestBytes,
            (s, v) => s with { PatchsetMaxManifestBytes = v }, "The largest manifest in bytes."),
        Define("PATCH_SOURCE_URL", OptionalHttpUrl, s => s.PatchSourceUrl, (s, v) => s with { PatchSourceUrl = v },
            "Where new patchsets come from, unless the console or `kc.eportal patch-source` sets another; None leaves it to them."),
        Define("PATCH_SOURCE_USER", OptionalText, s => s.PatchSourceUser, (s, v) => s with { PatchSourceUser = v },
            "The login at the patch source."),
        Define("PATCH_SOURCE_PASSWORD", Secret, s => s.PatchSourcePassword,
            (s, v) => s with { PatchSourcePassword = v }, "The password at the patch source."),
        Define("PATCH_SOURCE_DISTROS", Distros, s => s.PatchSourceDistros, (s, v) => s with { PatchSourceDistros = v },
            "Distributions whose kernel patchsets are fetched; an empty list is all."),
        Define("PATCH_SOURCE_TIMEOUT", Seconds(1), s => s.PatchSourceTimeout, (s, v) => s with { PatchSourceTimeout = v },
            "How long the patch source may be silent."),
        Define("PATCH_SOURCE_PARALLEL", Count(1, 64), s => s.PatchSourceParallel,
            (s, v) => s with { PatchSourceParallel = v }, "How many files are fetched at a time."),
        Define("PROXY", OptionalProxy, s => s.Proxy, (s, v) => s with { Proxy = v },
            "The proxy through which the patch source is reached."),
        Define("PROXY_HTTP", OptionalProxy, s => s.ProxyHttp, (s, v) => s with { ProxyHttp = v },
            "The proxy for a patch source with `http`, in place of `PROXY`."),
        Define("PROXY_HTTPS", OptionalProxy, s => s.ProxyHttps, (s, v) => s with { ProxyHttps = v },
            "The proxy for a patch source with `https`, in place of `PROXY`."),
        Define("NO_PROXY", MaybeHosts, s => s.NoProxy, (s, v) => s with { NoProxy = v },
            "Hosts that are reached without a proxy."),
        Define("CACHE_MODE", Flag, s => s.CacheMode, (s, v) => s with { CacheMode = v },
            "Fetch patch files when an agent first asks for them."),
        Define("CACHE_KEEP_PERIOD", Seconds(60), s => s.CacheKeepPeriod, (s, v) => s with { CacheKeepPeriod = v },
            "How long fetched patch files are kept after their last use in cache mode."),
        Define("SERVE_PATCH_SOURCE", Flag, s => s.ServePatchSource, (s, v) => s with { ServePatchSource = v },
            "Be a patch source for other portals, at `/patch-source/`."),
        Define("SERVE_PATCH_SOURCE_USER", OptionalText, s => s.ServePatchSourceUser,
            (s, v) => s with { ServePatchSourceUser = v }, "The login that other portals need; None asks for none."),
        Define("SERVE_PATCH_SOURCE_PASSWORD", Secret, s => s.ServePatchSourcePassword,
            (s, v) => s with { ServePatchSourcePassword = v }, "The password that other portals need."),
        Define("SERVE_PATCH_SOURCE_EXPIRY", Seconds(3600), s => s.ServePatchSourceExpiry,
            (s, v) => s with { ServePatchSourceExpiry = v }, "How long other portals may believe an index of this one."),
        Define("AUTO_UPDATE_PERIOD", Never(1), s => s.AutoUpdatePeriod, (s, v) => s with { AutoUpdatePeriod = v },
            "How often the patch source is asked for new patchsets."),
        Define("LIMIT_PATCHSETS", OptionalValue(Count(1)), s => s.LimitPatchsets,
            (s, v) => s with { LimitPatchsets = v }, "How many of the newest patchsets are downloaded; None is all."),
    ];

    private static readonly SettingsDefinition[] Accounts =
    [
        Define("AUTH_PASSWORD_MIN_LENGTH", Count(1, 1024), s => s.AuthPasswordMinLength,
            (s, v) => s with { AuthPasswordMinLength = v }, "How many characters a password needs."),
        Define("AUTH_SESSION_LIFETIME", OptionalValue(Seconds(1)), s => s.AuthSessionLifetime,
            (s, v) => s with { AuthSessionLifetime = v }, "How long a login lasts; None is until the browser closes."),
        Define("AUTH_REFRESH_SESSION", Flag, s => s.AuthRefreshSession, (s, v) => s with { AuthRefreshSession = v },
            "Count the lifetime from the last request instead of from the login."),
        Define("AUTH_EXTERNAL_LIFETIME", Seconds(60), s => s.AuthExternalLifetime, (s, v) => s with { AuthExternalLifetime = v },
            "How long a login by LDAP or single sign-on counts, for sessions and API keys, where nobody can be asked whether the user is still there."),
        Define("AUTH_RESTRICTED_INDEX", Flag, s => s.AuthRestrictedIndex, (s, v) => s with { AuthRestrictedIndex = v },
            "Show `/admin/install`, which tells how a host gets the agent, only after a login; all other pages need one in any case."),
        Define("HIDE_SECRETS_FROM_READERS", Flag, s => s.HideSecretsFromReaders, (s, v) => s with { HideSecretsFromReaders = v },
            "Leave server ids and registration keys out of what the API answers to read-only users."),
        Define("API_AUTH_HEADER", HeaderName, s => s.ApiAuthHeader, (s, v) => s with { ApiAuthHeader = v },
            "The header that carries an API key."),
        Define("OIDC_AUTH_URL", OptionalHttpUrl, s => s.OidcAuthUrl, (s, v) => s with { OidcAuthUrl = v },
            "Single sign-on: the authorization endpoint."),
        Define("OIDC_TOKEN_URL", OptionalHttpUrl, s => s.OidcTokenUrl, (s, v) => s with { OidcTokenUrl = v },
            "Single sign-on: the token endpoint."),
        Define("OIDC_USERINFO_URL", OptionalHttpUrl, s => s.OidcUserinfoUrl, (s, v) => s with { OidcUserinfoUrl = v },
            "Single sign-on: the user information endpoint."),
        Define("OIDC_LOGOUT_URL", OptionalHttpUrl, s => s.OidcLogoutUrl, (s, v) => s with { OidcLogoutUrl = v },
            "Single sign-on: where a logout leads."),
        Define("OIDC_CLIENT_ID", OptionalText, s => s.OidcClientId, (s, v) => s with { OidcClientId = v },
            "Single sign-on: this portal's name at the provider."),
        Define("OIDC_CLIENT_SECRET", Secret, s => s.OidcClientSecret, (s, v) => s with { OidcClientSecret = v },
            "Single sign-on: this portal's password at the provider."),
    ];

    private static readonly SettingsDefinition[] Replication =
    [
        Define("NODE_URL", OptionalHttpUrl, s => s.NodeUrl, (s, v) => s with { NodeUrl = v },
            "Where other nodes reach this one."),
        Define("LEADER_URL", OptionalHttpUrl, s => s.LeaderUrl, (s, v) => s with { LeaderUrl = v },
            "The node that this one follows."),
        Define("REPLICATION_SHARED_KEY", Secret, s => s.ReplicationSharedKey,
            (s, v) => s with { ReplicationSharedKey = v }, "The key that all nodes share."),
        Define("REPLICATION_CHECK_CERT", Flag, s => s.ReplicationCheckCert,
            (s, v) => s with { ReplicationCheckCert = v }, "Check the TLS certificates of other nodes."),
        Define("REPLICATION_CLEAN_AGE", Seconds(60), s => s.ReplicationCleanAge,
            (s, v) => s with { ReplicationCleanAge = v }, "How long changes are kept for other nodes."),
        Define("REPLICATION_CLEAN_AGGRESSIVE_AGE", Seconds(60), s => s.ReplicationCleanAggressiveAge,
            (s, v) => s with { ReplicationCleanAggressiveAge = v }, "How long check-ins are kept for other nodes."),
        Define("REPLICATION_STANDBY", Flag, s => s.ReplicationStandby, (s, v) => s with { ReplicationStandby = v },
            "Only receive changes, never offer own ones."),
    ];

    /// <summary>All known settings in the order of the documentation.</summary>
    public static IReadOnlyList<SettingsDefinition> All { get; } = [.. Serving, .. Patchsets, .. Accounts, .. Replication];

    /// <summary>Settings whose part is not built: they are read and checked, and who sets one is warned.</summary>
    public static IReadOnlySet<string> WithoutEffect { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "SERVER_STATS_PERIOD", "SEND_CHECKIN_PERIOD", "REDUCED_REPORT",
        "NODE_URL", "LEADER_URL", "REPLICATION_SHARED_KEY", "REPLICATION_CHECK_CERT",
        "REPLICATION_CLEAN_AGGRESSIVE_AGE", "REPLICATION_STANDBY",
    };

    private static readonly Dictionary<string, SettingsDefinition> ByName =
        All.ToDictionary(definition => definition.Name, StringComparer.Ordinal);

    public static SettingsDefinition? FindOrNull(string name) => ByName.GetValueOrDefault(name);

    private static SettingsDefinition<T> Define<T>(string name, SettingsKind<T> kind, Func<Settings, T> get,
        Func<Settings, T, Settings> with, string description) => new(name, kind, get, with, description);

    private static SettingsKind<TimeSpan?> Never(int min) => OptionalValue(Seconds(min), zeroIsNone: true);

    [GeneratedRegex(@"\A[a-z_][a-z0-9_.-]{0,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex UserNamePattern();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex DistroPattern();

    // A field name is a token (RFC 9110, section 5.6.2).
    [GeneratedRegex(@"\A[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex HeaderPattern();
}
