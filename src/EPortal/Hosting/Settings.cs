using System.Text;
using EPortal.Hosting.Service;

namespace EPortal.Hosting;

/// <summary>
/// The settings in force, read once at the start. <see cref="SettingsTable"/> says what each of them is;
/// the initial values here are the documented defaults.
/// </summary>
internal sealed record Settings
{
    public static Settings Defaults { get; } = new();

    // Serving
    public IReadOnlyList<Uri> Listen { get; init; } = [new("http://127.0.0.1:8080")];
    public string DataDir { get; init; } = "/var/lib/eportal";
    public string? RunAs { get; init; }
    public LogFormat LogFormat { get; init; }
    public string? TlsCert { get; init; }
    public string? TlsKey { get; init; }
    public IReadOnlyList<string> NginxListen { get; init; } = ["80"];
    public IReadOnlyList<string> AllowedHosts { get; init; } = ["*"];
    public IReadOnlyList<NetworkRange> TrustedProxies { get; init; } =
    [NetworkRange.ParseOrNull("127.0.0.0/8")!, NetworkRange.ParseOrNull("::1")!];
    public int RegisterRateLimit { get; init; } = 600;
    public IReadOnlyList<NetworkRange>? RegisterAllowedNetworks { get; init; }
    public int ServerChangesPerHour { get; init; } = 60;
    public TimeSpan? CleanInactiveServersPeriod { get; init; }
    public TimeSpan? ServerStatsPeriod { get; init; } = TimeSpan.FromHours(1);
    public TimeSpan? SendCheckinPeriod { get; init; } = TimeSpan.FromDays(1);
    public bool ReducedReport { get; init; }
    public string? ReportMailto { get; init; }
    public string? DoctorMailto { get; init; }
    public string? MetricsToken { get; init; }
    public IReadOnlyList<NetworkRange> MetricsAllowedNetworks { get; init; } =
    [NetworkRange.ParseOrNull("127.0.0.0/8")!, NetworkRange.ParseOrNull("::1")!];
    public long ReadyMinFreeBytes { get; init; } = 100L << 20;
    public TimeSpan? ServerHistoryMaxAge { get; init; } = TimeSpan.FromDays(365);
    public long? ServerHistoryMaxRows { get; init; } = 10_000_000;
    public TimeSpan? UserLogMaxAge { get; init; } = TimeSpan.FromDays(730);
    public long? UserLogMaxRows { get; init; } = 1_000_000;

    // Patchsets
    public string? PatchesDir { get; init; }
    public IReadOnlyList<string> TrustedKeys { get; init; } = [];
    public long PatchsetMaxArchiveBytes { get; init; } = 8L << 30;
    public long PatchsetMaxUnpackedBytes { get; init; } = 16L << 30;
    public long PatchsetMaxFileBytes { get; init; } = 4L << 30;
    public int PatchsetMaxMembers { get; init; } = 200_000;
    public int PatchsetMaxTargets { get; init; } = 50_000;
    public int PatchsetMaxManifestBytes { get; init; } = 64 << 20;

    // Patch source
    public Uri? PatchSourceUrl { get; init; }
    public string? PatchSourceUser { get; init; }
    public string? PatchSourcePassword { get; init; }
    public IReadOnlyList<string> PatchSourceDistros { get; init; } = [];
    public bool PatchSourceCheckCert { get; init; } = true;
    public TimeSpan PatchSourceTimeout { get; init; } = TimeSpan.FromSeconds(30);
    public int PatchSourceParallel { get; init; } = 4;
    public Uri? Proxy { get; init; }
    public Uri? ProxyHttp { get; init; }
    public Uri? ProxyHttps { get; init; }
    public IReadOnlyList<string> NoProxy { get; init; } = [];
    public TimeSpan CacheKeepPeriod { get; init; } = TimeSpan.FromDays(14);
    public bool ServePatchSource { get; init; }
    public string? ServePatchSourceUser { get; init; }
    public string? ServePatchSourcePassword { get; init; }
    public TimeSpan ServePatchSourceExpiry { get; init; } = TimeSpan.FromDays(7);
    public bool CacheMode { get; init; }
    public TimeSpan? AutoUpdatePeriod { get; init; } = TimeSpan.FromMinutes(10);
    public int? LimitPatchsets { get; init; }

    // Accounts
    public int AuthPasswordMinLength { get; init; } = 5;
    public TimeSpan? AuthSessionLifetime { get; init; }
    public bool AuthRefreshSession { get; init; }
    public TimeSpan AuthExternalLifetime { get; init; } = TimeSpan.FromHours(12);
    public bool AuthRestrictedIndex { get; init; }
    public bool HideSecretsFromReaders { get; init; }
    public string ApiAuthHeader { get; init; } = "X-Api-Key";
    public Uri? OidcAuthUrl { get; init; }
    public Uri? OidcTokenUrl { get; init; }
    public Uri? OidcUserinfoUrl { get; init; }
    public Uri? OidcLogoutUrl { get; init; }
    public string? OidcClientId { get; init; }
    public string? OidcClientSecret { get; init; }

    // Replication
    public Uri? NodeUrl { get; init; }
    public Uri? LeaderUrl { get; init; }
    public IReadOnlyList<string>? ReplicationSharedKey { get; init; }
    public bool ReplicationCheckCert { get; init; } = true;
    public TimeSpan ReplicationCleanAge { get; init; } = TimeSpan.FromDays(7);
    public TimeSpan ReplicationCleanAggressiveAge { get; init; } = TimeSpan.FromHours(1);
    public bool ReplicationStandby { get; init; }

    /// <summary>Reads the settings file and the environment; see <see cref="SettingsLoader"/>.</summary>
    public static SettingsResult Load(IReadOnlyDictionary<string, string> environment) =>
        SettingsLoader.Load(environment, SettingsLoader.DefaultPath, SettingsLoader.OlderPaths);

    /// <summary>All settings, a line each; of secrets only whether they are set.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var definition in SettingsTable.All)
            text.Append(definition.Name).Append(" = ").Append(definition.Show(this)).Append('\n');
        return text.ToString();
    }
}
