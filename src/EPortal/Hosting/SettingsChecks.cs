namespace EPortal.Hosting;

/// <summary>What one setting's own kind cannot see: settings that need each other, and who may read the file.</summary>
internal static class SettingsChecks
{
    /// <summary>What everybody is told who takes a patch source at its word.</summary>
    public const string UncheckedSource =
        "the certificate of the patch source is not checked, so anyone on the way can read the password for it; "
        + "set PATCH_SOURCE_CHECK_CERT = True and remove PYTHONHTTPSVERIFY=0 from the environment";

    private const string Together = "settings";

    public static IEnumerable<SettingsProblem> Problems(Settings settings)
    {
        if (settings.LeaderUrl is not null && settings.ReplicationSharedKey is null)
        {
            yield return SettingsProblem.Error(
                Together,
                null,
                "REPLICATION_SHARED_KEY",
                "LEADER_URL requires REPLICATION_SHARED_KEY"
            );
        }

        if (settings.ReplicationSharedKey is not null && settings.NodeUrl is null)
        {
            yield return SettingsProblem.Warning(
                Together,
                null,
                "NODE_URL",
                "without NODE_URL other nodes cannot call this one back, so changes made here stay here"
            );
        }

        if (settings.NodeUrl is { } node && settings.LeaderUrl is { } leader && node == leader)
        {
            yield return SettingsProblem.Error(
                Together,
                null,
                "LEADER_URL",
                "LEADER_URL is this node's own NODE_URL; set it to another node's"
            );
        }

        if (settings.PatchSourcePassword is not null && settings.PatchSourceUser is null)
        {
            yield return SettingsProblem.Error(
                Together,
                null,
                "PATCH_SOURCE_USER",
                "PATCH_SOURCE_PASSWORD requires PATCH_SOURCE_USER"
            );
        }

        if ((settings.ServePatchSourcePassword is null) != (settings.ServePatchSourceUser is null))
        {
            yield return SettingsProblem.Error(
                Together,
                null,
                "SERVE_PATCH_SOURCE_USER",
                "set both SERVE_PATCH_SOURCE_USER and SERVE_PATCH_SOURCE_PASSWORD, or neither"
            );
        }

        if (
            settings.Listen.Any(address => address.Scheme == Uri.UriSchemeHttps)
            && (settings.TlsCert is null || settings.TlsKey is null)
        )
        {
            yield return SettingsProblem.Error(
                Together,
                null,
                "TLS_CERT",
                "https in LISTEN requires TLS_CERT and TLS_KEY"
            );
        }

        if (Colliding(settings.Listen) is { } two)
        {
            yield return SettingsProblem.Error(
                Together,
                null,
                "LISTEN",
                $"LISTEN has {two.First.Authority} and {two.Second.Authority}, which cannot both be listened on"
            );
        }

        if (!settings.PatchSourceCheckCert)
            yield return SettingsProblem.Warning(Together, null, "PATCH_SOURCE_CHECK_CERT", UncheckedSource);

        var signOn = new (string Name, object? Value)[]
        {
            ("OIDC_AUTH_URL", settings.OidcAuthUrl),
            ("OIDC_TOKEN_URL", settings.OidcTokenUrl),
            ("OIDC_USERINFO_URL", settings.OidcUserinfoUrl),
            ("OIDC_CLIENT_ID", settings.OidcClientId),
            ("OIDC_CLIENT_SECRET", settings.OidcClientSecret),
        };
        var missing = signOn.Where(part => part.Value is null).Select(part => part.Name).ToArray();
        if (missing.Length > 0 && missing.Length < signOn.Length)
        {
            yield return SettingsProblem.Warning(
                Together,
                null,
                missing[0],
                $"single sign-on is off; set {string.Join(" and ", missing)} too"
            );
        }
    }

    /// <summary>Two addresses of one port, equal or one of them for all addresses of the machine.</summary>
    private static (Uri First, Uri Second)? Colliding(IReadOnlyList<Uri> listen)
    {
        for (var one = 0; one < listen.Count; one++)
        {
            for (var other = one + 1; other < listen.Count; other++)
            {
                var (a, b) = (listen[one], listen[other]);
                if (a.Port == b.Port && a.Port != 0 && (a.Host == b.Host || IsForAll(a, b) || IsForAll(b, a)))
                    return (a, b);
            }
        }

        return null;
    }

    private static bool IsForAll(Uri all, Uri other) =>
        all.Host == "0.0.0.0" && other.HostNameType != UriHostNameType.IPv6;

    /// <summary>A file with a secret in it that everybody may read.</summary>
    public static IEnumerable<SettingsProblem> FileProblems(string path, IReadOnlyList<SettingsAssignment> assignments)
    {
        var secret = assignments.FirstOrDefault(IsSecret);
        if (secret is not null && File.GetUnixFileMode(path).HasFlag(UnixFileMode.OtherRead))
        {
            yield return SettingsProblem.Warning(
                path,
                secret.Line,
                secret.Name,
                $"{secret.Name} is secret, but every user can read the file; run "
                    + $"chown root:{Privileges.ServiceGroup()} {path} && chmod 640 {path}"
            );
        }
    }

    /// <summary>A proxy's address is secret only for the password in it.</summary>
    private static bool IsSecret(SettingsAssignment assignment) =>
        SettingsTable.FindOrNull(assignment.Name) is { IsSecret: true }
        && (assignment.Name != "PROXY" || assignment.Value.ToString().Contains('@'));
}
