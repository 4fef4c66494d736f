using EPortal.Hosting.Tls;

namespace EPortal.Hosting;

/// <summary>What a start would find wrong with the files that the settings name, and with their own file.</summary>
internal static class SettingsFilesCheck
{
    /// <summary>The result with these problems added; errors among them leave no settings.</summary>
    public static SettingsResult Of(SettingsResult result, IReadOnlyDictionary<string, string> environment)
    {
        if (result.Settings is not { } settings)
            return result;
        SettingsProblem[] found =
        [
            .. result.Problems,
            .. OwnFile(settings, SettingsLoader.FileOrNull(environment)),
            .. Certificate(settings),
            .. Folders(settings),
        ];
        return new SettingsResult(Array.Exists(found, problem => !problem.IsWarning) ? null : settings, found);
    }

    /// <summary>The service runs as its own user from the start, so root's reading says nothing about it.</summary>
    private static IEnumerable<SettingsProblem> OwnFile(Settings settings, string? path)
    {
        if (
            path is null
            || PrivilegesNative.CurrentUser != 0
            || settings.RunAs == "root"
            || PrivilegesNative.FindOrNull(settings.RunAs ?? Privileges.DefaultUser) is not { } user
            || PrivilegesNative.CanRead(path, user)
        )
            yield break;
        yield return SettingsProblem.Error(
            path,
            null,
            null,
            $"user '{user.Name}' cannot read the file; run "
                + $"chown root:{PrivilegesNative.GroupOrNull(user.GroupId) ?? user.Name} {path} && chmod 640 {path}"
        );
    }

    private static IEnumerable<SettingsProblem> Folders(Settings settings)
    {
        foreach (var (name, path) in new[] { ("DATA_DIR", settings.DataDir), ("PATCHES_DIR", settings.PatchesDir) })
        {
            if (path is not null && Path.Exists(path) && !Directory.Exists(path))
                yield return SettingsProblem.Error("settings", null, name, $"{path} ({name}) is not a folder");
        }
    }

    private static IEnumerable<SettingsProblem> Certificate(Settings settings)
    {
        if (settings.Listen.All(address => address.Scheme != Uri.UriSchemeHttps))
            return [];
        try
        {
            _ = TlsFiles.Read(settings.TlsCert!, settings.TlsKey!);
            return [];
        }
        catch (StartException e)
        {
            return [SettingsProblem.Error("settings", null, "TLS_CERT", e.Message)];
        }
    }
}
