using System.Text.Json.Nodes;
using EPortal.Data;

namespace EPortal.Accounts.Ldap;

/// <summary>
/// The directory in force. It is set at run time, by this process or another; a setting that cannot be read changes
/// nothing.
/// </summary>
internal sealed class LdapStore(RuntimeSettings runtime, ChangeLog log, TimeProvider time)
{
    private const string Section = "ldap";

    private readonly Lock _gate = new();
    private LdapSettings? _settings;
    private LdapDirectory? _directory;

    /// <summary>What is set; null for no directory.</summary>
    /// <exception cref="StoreException">The settings cannot be read.</exception>
    public LdapSettings? SettingsOrNull() => Parse(runtime.SectionOrNull(Section));

    /// <summary>The directory to ask; null for none.</summary>
    /// <param name="problem">Why what is set now could not be taken, and what was set before still holds; else
    /// null.</param>
    public LdapDirectory? DirectoryOrNull(out string? problem)
    {
        lock (_gate)
        {
            problem = null;
            try
            {
                var settings = SettingsOrNull();
                if (settings != _settings)
                    (_directory, _settings) = (settings?.Open(time), settings);
            }
            catch (UserFacingException e)
            {
                problem = e.Message;
            }

            return _directory;
        }
    }

    /// <summary>The fields of what is set.</summary>
    /// <exception cref="StoreException">The settings cannot be read.</exception>
    public StoredFields Stored()
    {
        // In this order: who saves between the two has a form refused, and never one taken.
        var saving = runtime.SavingOf(Section);
        return FieldsOf(SettingsOrNull(), saving);
    }

    /// <summary>Sets the directory, or none; it is checked before.</summary>
    /// <param name="actor">Who does it.</param>
    /// <param name="settings">The directory; null for none.</param>
    /// <param name="seen">Version of the settings on which that was decided; null where that does not matter.</param>
    /// <exception cref="RefusedException">It is malformed, or another was set by now.</exception>
    public async Task<LdapSettings?> Save(Actor actor, LdapSettings? settings, string? seen = null)
    {
        settings?.Open(time);
        await log.Commit(
            actor,
            change =>
            {
                var (section, saving) = RuntimeSettings.Read(change, Section);
                var before = FieldsOf(Parse(section), saving);
                before.RefuseUnless(seen);
                change.Note(
                    "ldap.change",
                    settings is null ? "off" : $"{settings.Url} {settings.Dn} {settings.Filter}".TrimEnd(),
                    before.ChangesTo(FieldsOf(settings, ""))
                );
                RuntimeSettings.Set(
                    change,
                    Section,
                    settings is null
                        ? null
                        : new JsonObject
                        {
                            ["url"] = settings.Url,
                            ["dn"] = settings.Dn,
                            ["filter"] = settings.Filter,
                            ["ca"] = settings.Ca,
                            ["bind_dn"] = settings.Account?.Dn,
                            ["bind_password"] = settings.Account?.Password,
                            ["user_search"] = settings.Account?.Search,
                        }
                );
                return settings;
            }
        );
        runtime.WriteCopy();
        return settings;
    }

    private static StoredFields FieldsOf(LdapSettings? settings, string id) =>
        LdapSettings
            .FieldsOf(
                id,
                settings?.Url,
                settings?.Dn,
                settings?.Filter,
                settings?.Ca,
                settings?.BindDn,
                settings?.UserSearch
            )
            .WithSecret("bind_password", "Bind account's password", settings?.Account?.Password);

    private static LdapSettings? Parse(JsonObject? stored) =>
        stored is not { } section
            ? null
            : new LdapSettings(
                Text(section, "url") ?? "",
                Text(section, "dn") ?? "",
                Text(section, "filter"),
                Text(section, "ca"),
                Text(section, "bind_dn") is { } bind
                    ? new LdapBindAccount(bind, Text(section, "bind_password") ?? "", Text(section, "user_search"))
                    : null
            );

    private static string? Text(JsonObject section, string name) =>
        section[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
