using System.Text.RegularExpressions;
using EPortal.Hosting.Service;
using EPortal.Servers;
using static EPortal.Hosting.SettingsAddresses;
using static EPortal.Hosting.SettingsKinds;

namespace EPortal.Hosting;

/// <summary>All known settings: the one place that gives a setting its name, kind and description.</summary>
internal static partial class SettingsTable
{
    private static readonly SettingsKind<string?> UserName = Optional(
        Text("a user name in quotes", UserNamePattern().IsMatch)
    );

    /// <summary>Headers that have a meaning of their own.</summary>
    private static readonly HashSet<string> s_taken = new(StringComparer.OrdinalIgnoreCase)
    {
        "Authorization",
        "Proxy-Authorization",
        "Cookie",
        "Host",
        "Origin",
        "Referer",
        "Connection",
        "Upgrade",
        "Accept",
        "Range",
        "Expect",
        "Content-Type",
        "Content-Length",
        "Content-Encoding",
        "Transfer-Encoding",
        "Forwarded",
    };

    private static readonly SettingsKind<string?> OptionalMailbox = Optional(
        Text("an address such as 'reports@example.com'", MailboxPattern().IsMatch)
    );

    private static readonly SettingsKind<string> HeaderName = Text(
        "the name of an unreserved HTTP header in quotes",
        name =>
            HeaderPattern().IsMatch(name)
            && !s_taken.Contains(name)
            && !name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
    );

    private static readonly SettingsKind<IReadOnlyList<string>> Distros = ListOf(
        "a list of distributions such as 'debian12'",
        text => DistroPattern().IsMatch(text) ? text : null,
        text => text
    );

    private static readonly SettingsDefinition[] Serving =
    [
        Define(
            "LISTEN",
            Listen,
            s => s.Listen,
            (s, v) => s with { Listen = v },
            "Addresses to listen on; port 0 picks a free port. `https` requires `TLS_CERT` and `TLS_KEY`."
        ),
        Define(
            "TLS_CERT",
            OptionalPath,
            s => s.TlsCert,
            (s, v) => s with { TlsCert = v },
            "PEM file with the certificate for `https` in `LISTEN`, then those that lead to its authority; read again when it changes."
        ),
        Define(
            "TLS_KEY",
            OptionalPath,
            s => s.TlsKey,
            (s, v) => s with { TlsKey = v },
            "PEM file with the private key of `TLS_CERT`; not readable by every user."
        ),
        Define(
            "DATA_DIR",
            AbsolutePath,
            s => s.DataDir,
            (s, v) => s with { DataDir = v },
            "Data folder: database, patches, state."
        ),
        Define(
            "RUN_AS",
            UserName,
            s => s.RunAs,
            (s, v) => s with { RunAs = v },
            "User to switch to when started as root; None means the owner of the data folder, else `eportal`."
        ),
        Define(
            "LOG_FORMAT",
            Choice(LogFormat.Text, LogFormat.Json),
            s => s.LogFormat,
            (s, v) => s with { LogFormat = v },
            "How the portal writes its log: for people, or one JSON object per line."
        ),
        Define(
            "NGINX_LISTEN",
            NginxListens,
            s => s.NginxListen,
            (s, v) => s with { NginxListen = v },
            "What nginx listens on, for `kc.eportal sync-nginx-conf`: ports and addresses with a port."
        ),
        Define(
            "ALLOWED_HOSTS",
            Hosts,
            s => s.AllowedHosts,
            (s, v) => s with { AllowedHosts = v },
            "Host names accepted in requests, besides `localhost`, `127.0.0.1` and `[::1]`; others are refused."
        ),
        Define(
            "TRUSTED_PROXIES",
            Networks,
            s => s.TrustedProxies,
            (s, v) => s with { TrustedProxies = v },
            "Proxies whose `X-Forwarded-*` headers are trusted."
        ),
        Define(
            "REGISTER_RATE_LIMIT",
            Count(0),
            s => s.RegisterRateLimit,
            (s, v) => s with { RegisterRateLimit = v },
            "Registrations per minute from one address; 0 means unlimited."
        ),
        Define(
            "REGISTER_ALLOWED_NETWORKS",
            OptionalNetworks,
            s => s.RegisterAllowedNetworks,
            (s, v) => s with { RegisterAllowedNetworks = v },
            "Networks that servers may register from; None means any."
        ),
        Define(
            "SERVER_CHANGES_PER_HOUR",
            Count(0, HostChangeLimiter.Most),
            s => s.ServerChangesPerHour,
            (s, v) => s with { ServerChangesPerHour = v },
            "Changes per hour by one server: tags it sets, check-ins that add to its history, registrations it cancels; 0 means unlimited."
        ),
        Define(
            "CLEAN_INACTIVE_SERVERS_PERIOD",
            Never(24 * 3600),
            s => s.CleanInactiveServersPeriod,
            (s, v) => s with { CleanInactiveServersPeriod = v },
            "How often to delete servers that have not checked in for 30 days; days without any check-in do not count."
        ),
        Define(
            "SERVER_STATS_PERIOD",
            Never(60),
            s => s.ServerStatsPeriod,
            (s, v) => s with { ServerStatsPeriod = v },
            "How often to record server counts for the chart on *Start*, in steps of ten minutes; None means never."
        ),
        Define(
            "SEND_CHECKIN_PERIOD",
            Never(60),
            s => s.SendCheckinPeriod,
            (s, v) => s with { SendCheckinPeriod = v },
            "How often to send the [usage report](usage-reports.md); None means never."
        ),
        Define(
            "REDUCED_REPORT",
            Flag,
            s => s.ReducedReport,
            (s, v) => s with { ReducedReport = v },
            "Only counts in the usage report: no host names, no distributions."
        ),
        Define(
            "REPORT_MAILTO",
            OptionalMailbox,
            s => s.ReportMailto,
            (s, v) => s with { ReportMailto = v },
            "Address to mail usage reports to with `sendmail` when the patch source does not take them; None means not at all."
        ),
        Define(
            "DOCTOR_MAILTO",
            OptionalMailbox,
            s => s.DoctorMailto,
            (s, v) => s with { DoctorMailto = v },
            "Address to mail the archive of `kc.eportal doctor` to with `sendmail`, unless `--no-send` is given; None means that it is only written."
        ),
        Define(
            "METRICS_TOKEN",
            Secret,
            s => s.MetricsToken,
            (s, v) => s with { MetricsToken = v },
            "Bearer token for `/metrics`."
        ),
        Define(
            "METRICS_ALLOWED_NETWORKS",
            Networks,
            s => s.MetricsAllowedNetworks,
            (s, v) => s with { MetricsAllowedNetworks = v },
            "Networks that may read `/metrics` without a token."
        ),
        Define(
            "READY_MIN_FREE_BYTES",
            Bytes(0),
            s => s.ReadyMinFreeBytes,
            (s, v) => s with { ReadyMinFreeBytes = v },
            "Free space for data and patches below which `/readyz` reports not ready; below ten times that `/readyz`, `doctor`, `check` and *Start* warn."
        ),
        Define(
            "SERVER_HISTORY_MAX_AGE",
            OptionalValue(Seconds(3600)),
            s => s.ServerHistoryMaxAge,
            (s, v) => s with { ServerHistoryMaxAge = v },
            "How long to keep server history; None means forever."
        ),
        Define(
            "SERVER_HISTORY_MAX_ROWS",
            OptionalValue(Whole(1)),
            s => s.ServerHistoryMaxRows,
            (s, v) => s with { ServerHistoryMaxRows = v },
            "Maximum number of server history entries, all servers together; the oldest are deleted first. None means unlimited."
        ),
        Define(
            "USER_LOG_MAX_AGE",
            OptionalValue(Seconds(3600)),
            s => s.UserLogMaxAge,
            (s, v) => s with { UserLogMaxAge = v },
            "How long to keep the user log; None means forever."
        ),
        Define(
            "USER_LOG_MAX_ROWS",
            OptionalValue(Whole(1)),
            s => s.UserLogMaxRows,
            (s, v) => s with { UserLogMaxRows = v },
            "Maximum number of user log entries; the oldest are deleted first. None means unlimited."
        ),
    ];

    private static readonly SettingsDefinition[] Patchsets =
    [
        Define(
            "PATCHES_DIR",
            OptionalPath,
            s => s.PatchesDir,
            (s, v) => s with { PatchesDir = v },
            "Folder for patches; None means the data folder."
        ),
        Define(
            "TRUSTED_KEYS",
            PublicKeys,
            s => s.TrustedKeys,
            (s, v) => s with { TrustedKeys = v },
            "Keys that patchsets must be signed with; an empty list accepts unsigned patchsets."
        ),
        Define(
            "PATCHSET_MAX_ARCHIVE_BYTES",
            Bytes(1),
            s => s.PatchsetMaxArchiveBytes,
            (s, v) => s with { PatchsetMaxArchiveBytes = v },
            "Maximum size of an archive."
        ),
        Define(
            "PATCHSET_MAX_UNPACKED_BYTES",
            Bytes(1),
            s => s.PatchsetMaxUnpackedBytes,
            (s, v) => s with { PatchsetMaxUnpackedBytes = v },
            "Maximum unpacked size of an archive."
        ),
        Define(
            "PATCHSET_MAX_FILE_BYTES",
            Bytes(1),
            s => s.PatchsetMaxFileBytes,
            (s, v) => s with { PatchsetMaxFileBytes = v },
            "Maximum size of a file in an archive."
        ),
        Define(
            "PATCHSET_MAX_MEMBERS",
            Count(1),
            s => s.PatchsetMaxMembers,
            (s, v) => s with { PatchsetMaxMembers = v },
            "Maximum number of files in an archive."
        ),
        Define(
            "PATCHSET_MAX_TARGETS",
            Count(1),
            s => s.PatchsetMaxTargets,
            (s, v) => s with { PatchsetMaxTargets = v },
            "Maximum number of targets in a patchset."
        ),
        Define(
            "PATCHSET_MAX_MANIFEST_BYTES",
            Count(1),
            s => s.PatchsetMaxManifestBytes,
            (s, v) => s with { PatchsetMaxManifestBytes = v },
            "Maximum size of a manifest in bytes."
        ),
        Define(
            "PATCH_SOURCE_URL",
            OptionalHttpUrl,
            s => s.PatchSourceUrl,
            (s, v) => s with { PatchSourceUrl = v },
            "URL of the patch source, unless one is set in the console or with `kc.eportal patch-source`; None means only there."
        ),
        Define(
            "PATCH_SOURCE_USER",
            OptionalText,
            s => s.PatchSourceUser,
            (s, v) => s with { PatchSourceUser = v },
            "User name at the patch source."
        ),
        Define(
            "PATCH_SOURCE_PASSWORD",
            Secret,
            s => s.PatchSourcePassword,
            (s, v) => s with { PatchSourcePassword = v },
            "Password at the patch source."
        ),
        Define(
            "PATCH_SOURCE_DISTROS",
            Distros,
            s => s.PatchSourceDistros,
            (s, v) => s with { PatchSourceDistros = v },
            "Distributions to fetch kernel patchsets for; an empty list means all."
        ),
        Define(
            "PATCH_SOURCE_CHECK_CERT",
            Flag,
            s => s.PatchSourceCheckCert,
            (s, v) => s with { PatchSourceCheckCert = v },
            "Check the TLS certificate of the patch source; also switched off by `PYTHONHTTPSVERIFY=0` in the environment."
        ),
        Define(
            "PATCH_SOURCE_TIMEOUT",
            Seconds(1),
            s => s.PatchSourceTimeout,
            (s, v) => s with { PatchSourceTimeout = v },
            "How long to wait for data from the patch source."
        ),
        Define(
            "PATCH_SOURCE_PARALLEL",
            Count(1, 64),
            s => s.PatchSourceParallel,
            (s, v) => s with { PatchSourceParallel = v },
            "Number of parallel downloads."
        ),
        Define("PROXY", OptionalProxy, s => s.Proxy, (s, v) => s with { Proxy = v }, "Proxy for the patch source."),
        Define(
            "PROXY_HTTP",
            OptionalProxy,
            s => s.ProxyHttp,
            (s, v) => s with { ProxyHttp = v },
            "Proxy for an `http` patch source; overrides `PROXY`."
        ),
        Define(
            "PROXY_HTTPS",
            OptionalProxy,
            s => s.ProxyHttps,
            (s, v) => s with { ProxyHttps = v },
            "Proxy for an `https` patch source; overrides `PROXY`."
        ),
        Define(
            "NO_PROXY",
            MaybeHosts,
            s => s.NoProxy,
            (s, v) => s with { NoProxy = v },
            "Hosts to reach without a proxy."
        ),
        Define(
            "CACHE_MODE",
            Flag,
            s => s.CacheMode,
            (s, v) => s with { CacheMode = v },
            "Fetch patch files when an agent first requests them."
        ),
        Define(
            "CACHE_KEEP_PERIOD",
            Seconds(60),
            s => s.CacheKeepPeriod,
            (s, v) => s with { CacheKeepPeriod = v },
            "In cache mode, how long to keep patch files after their last use."
        ),
        Define(
            "SERVE_PATCH_SOURCE",
            Flag,
            s => s.ServePatchSource,
            (s, v) => s with { ServePatchSource = v },
            "Act as a patch source for other portals, at `/patch-source/`."
        ),
        Define(
            "SERVE_PATCH_SOURCE_USER",
            OptionalText,
            s => s.ServePatchSourceUser,
            (s, v) => s with { ServePatchSourceUser = v },
            "User name for other portals; None means no login."
        ),
        Define(
            "SERVE_PATCH_SOURCE_PASSWORD",
            Secret,
            s => s.ServePatchSourcePassword,
            (s, v) => s with { ServePatchSourcePassword = v },
            "Password for other portals."
        ),
        Define(
            "SERVE_PATCH_SOURCE_EXPIRY",
            Seconds(3600),
            s => s.ServePatchSourceExpiry,
            (s, v) => s with { ServePatchSourceExpiry = v },
            "How long an index of this portal stays valid for other portals."
        ),
        Define(
            "AUTO_UPDATE_PERIOD",
            Never(1),
            s => s.AutoUpdatePeriod,
            (s, v) => s with { AutoUpdatePeriod = v },
            "How often to check the patch source for new patchsets."
        ),
        Define(
            "LIMIT_PATCHSETS",
            OptionalValue(Count(1)),
            s => s.LimitPatchsets,
            (s, v) => s with { LimitPatchsets = v },
            "How many of the newest patchsets to download; None means all."
        ),
    ];

    private static readonly SettingsDefinition[] Accounts =
    [
        Define(
            "AUTH_PASSWORD_MIN_LENGTH",
            Count(1, 1024),
            s => s.AuthPasswordMinLength,
            (s, v) => s with { AuthPasswordMinLength = v },
            "Minimum password length."
        ),
        Define(
            "AUTH_SESSION_LIFETIME",
            OptionalValue(Seconds(1)),
            s => s.AuthSessionLifetime,
            (s, v) => s with { AuthSessionLifetime = v },
            "Lifetime of a session; None means until the browser closes."
        ),
        Define(
            "AUTH_REFRESH_SESSION",
            Flag,
            s => s.AuthRefreshSession,
            (s, v) => s with { AuthRefreshSession = v },
            "Count the lifetime from the last request instead of the login."
        ),
        Define(
            "AUTH_EXTERNAL_LIFETIME",
            Seconds(60),
            s => s.AuthExternalLifetime,
            (s, v) => s with { AuthExternalLifetime = v },
            "How long sessions and API keys of an LDAP or single sign-on user stay valid after a login while the portal cannot check that the user still exists."
        ),
        Define(
            "AUTH_RESTRICTED_INDEX",
            Flag,
            s => s.AuthRestrictedIndex,
            (s, v) => s with { AuthRestrictedIndex = v },
            "Require a login for `/admin/install`, the agent instructions; of the other pages only the API's description is open."
        ),
        Define(
            "HIDE_SECRETS_FROM_READERS",
            Flag,
            s => s.HideSecretsFromReaders,
            (s, v) => s with { HideSecretsFromReaders = v },
            "Hide server ids and registration keys from read-only users of the API."
        ),
        Define(
            "API_AUTH_HEADER",
            HeaderName,
            s => s.ApiAuthHeader,
            (s, v) => s with { ApiAuthHeader = v },
            "Request header for API keys."
        ),
        Define(
            "OIDC_AUTH_URL",
            OptionalHttpUrl,
            s => s.OidcAuthUrl,
            (s, v) => s with { OidcAuthUrl = v },
            "Single sign-on: authorization endpoint."
        ),
        Define(
            "OIDC_TOKEN_URL",
            OptionalHttpUrl,
            s => s.OidcTokenUrl,
            (s, v) => s with { OidcTokenUrl = v },
            "Single sign-on: token endpoint."
        ),
        Define(
            "OIDC_USERINFO_URL",
            OptionalHttpUrl,
            s => s.OidcUserinfoUrl,
            (s, v) => s with { OidcUserinfoUrl = v },
            "Single sign-on: user information endpoint."
        ),
        Define(
            "OIDC_LOGOUT_URL",
            OptionalHttpUrl,
            s => s.OidcLogoutUrl,
            (s, v) => s with { OidcLogoutUrl = v },
            "Single sign-on: logout URL."
        ),
        Define(
            "OIDC_CLIENT_ID",
            OptionalText,
            s => s.OidcClientId,
            (s, v) => s with { OidcClientId = v },
            "Single sign-on: client id of this portal."
        ),
        Define(
            "OIDC_CLIENT_SECRET",
            Secret,
            s => s.OidcClientSecret,
            (s, v) => s with { OidcClientSecret = v },
            "Single sign-on: client secret of this portal."
        ),
    ];

    private static readonly SettingsDefinition[] Replication =
    [
        Define(
            "NODE_URL",
            OptionalHttpUrl,
            s => s.NodeUrl,
            (s, v) => s with { NodeUrl = v },
            "URL of this node, by which other nodes call it back."
        ),
        Define(
            "LEADER_URL",
            OptionalHttpUrl,
            s => s.LeaderUrl,
            (s, v) => s with { LeaderUrl = v },
            "URL of the node to replicate from."
        ),
        Define(
            "REPLICATION_SHARED_KEY",
            SharedKeys,
            s => s.ReplicationSharedKey,
            (s, v) => s with { ReplicationSharedKey = v },
            "Key shared by all nodes; two while it is changed, the one to call with first."
        ),
        Define(
            "REPLICATION_CHECK_CERT",
            Flag,
            s => s.ReplicationCheckCert,
            (s, v) => s with { ReplicationCheckCert = v },
            "Check the TLS certificates of other nodes. Messages are encrypted with the shared key in any case."
        ),
        Define(
            "REPLICATION_CLEAN_AGE",
            Seconds(60),
            s => s.ReplicationCleanAge,
            (s, v) => s with { ReplicationCleanAge = v },
            "How long to keep changes for other nodes."
        ),
        Define(
            "REPLICATION_CLEAN_AGGRESSIVE_AGE",
            Seconds(60),
            s => s.ReplicationCleanAggressiveAge,
            (s, v) => s with { ReplicationCleanAggressiveAge = v },
            "Accepted for old settings files: of each host the latest check-in is kept for other nodes as long as the host."
        ),
        Define(
            "REPLICATION_STANDBY",
            Flag,
            s => s.ReplicationStandby,
            (s, v) => s with { ReplicationStandby = v },
            "Take changes from other nodes only, until `kc.eportal replication promote`."
        ),
    ];

    /// <summary>All known settings in the order of the documentation.</summary>
    public static IReadOnlyList<SettingsDefinition> All { get; } =
    [.. Serving, .. Patchsets, .. Accounts, .. Replication];

    /// <summary>Settings whose part is not built: they are read and checked, and who sets one is warned.</summary>
    public static IReadOnlySet<string> WithoutEffect { get; } =
        new HashSet<string>(StringComparer.Ordinal) { "REPLICATION_CLEAN_AGGRESSIVE_AGE" };

    private static readonly Dictionary<string, SettingsDefinition> ByName = All.ToDictionary(
        definition => definition.Name,
        StringComparer.Ordinal
    );

    public static SettingsDefinition? FindOrNull(string name) => ByName.GetValueOrDefault(name);

    private static SettingsDefinition<T> Define<T>(
        string name,
        SettingsKind<T> kind,
        Func<Settings, T> get,
        Func<Settings, T, Settings> with,
        string description
    ) => new(name, kind, get, with, description);

    private static SettingsKind<TimeSpan?> Never(int min) => OptionalValue(Seconds(min), zeroIsNone: true);

    [GeneratedRegex(@"\A[a-z_][a-z0-9_.-]{0,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex UserNamePattern();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex DistroPattern();

    // Without quoted parts and comments: it is written into a header as it is.
    [GeneratedRegex(
        @"\A[A-Za-z0-9_][A-Za-z0-9._+=-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{0,254}\z",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex MailboxPattern();

    // A field name is a token (RFC 9110, section 5.6.2).
    [GeneratedRegex(@"\A[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex HeaderPattern();
}
