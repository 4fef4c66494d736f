using System.CommandLine;
using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Hosting;

namespace EPortal.Accounts.Ldap;

/// <summary><c>kc.eportal ldap</c>: the directory that people may log in by.</summary>
internal static partial class LdapCommands
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context)
    {
        var url = CliOptions.Value<string>("ldap|ldaps://HOST[:PORT][?strict_check=0&tls=0&timeout=30]", "--url");
        var dn = CliOptions.Value<string>("name to bind with; %s stands for the user's name", "--dn");
        var filter = CliOptions.Value<string>(
            "who can log in: BASE??SCOPE?FILTER; '' for everyone who can bind",
            "--filter"
        );
        var ca = CliOptions.Value<string>(
            "PEM file with the certificate authority of the server; '' for those this machine trusts",
            "--ca-file"
        );
        var bind = CliOptions.Value<string>(
            "account that looks users up after their login, '' for none; the password is prompted for or read from standard input",
            "--bind-dn"
        );
        var search = CliOptions.Value<string>(
            "how that account finds a user: BASE??SCOPE?FILTER; '' for the entry that --dn names",
            "--user-search"
        );
        var off = CliOptions.Flag("switch LDAP off", "--off");
        var test = CliOptions.Value<string>(
            "test the login of this user step by step; the password is prompted for or read from standard input",
            "--test"
        );
        var json = CliOptions.Json();
        var command = new Command(
            "ldap",
            """
            show, change or test the LDAP directory

            examples:
              kc.eportal ldap set --url ldap://ldap.example.com --dn uid=%s,dc=example,dc=com
              kc.eportal ldap test alice
              kc.eportal ldap --off
            """
        )
        {
            url,
            dn,
            filter,
            ca,
            bind,
            search,
            off,
            test,
            json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(off) && new[] { url, dn, filter, ca, bind, search, test }.Any(result.IsGiven))
                result.AddError("use --off alone");
        });
        command.SetAction((parsed, cancel) => Run(parsed, parsed.GetValue(off), parsed.GetValue(test), cancel));
        command.AddVerb("show", "show the LDAP settings", [json], (parsed, cancel) => Run(parsed, false, null, cancel));
        command
            .AddVerb(
                "set",
                "change the LDAP settings; options left out keep their value",
                [url, dn, filter, ca, bind, search, json],
                (parsed, cancel) => Run(parsed, false, null, cancel)
            )
            .Validators.Add(result =>
            {
                if (!new[] { url, dn, filter, ca, bind, search }.Any(result.IsGiven))
                    result.AddError(
                        "nothing to change: specify --url, --dn, --filter, --ca-file, --bind-dn or --user-search"
                    );
            });
        command.AddVerb("delete", "switch LDAP off", [json], (parsed, cancel) => Run(parsed, true, null, cancel));
        var user = CliOptions.Required(
            "user",
            "user to test; the password is prompted for or read from standard input"
        );
        command
            .AddVerb(
                "test",
                "test the login of a user step by step",
                [json],
                (parsed, cancel) => Run(parsed, false, parsed.GetValue(user), cancel)
            )
            .Arguments.Add(user);
        return command;

        async Task<int> Run(ParseResult parsed, bool isOff, string? tried, CancellationToken cancel)
        {
            // Read before the data folder is opened: there the program may give up the rights that reading this file
            // takes.
            var authority = ReadFile(parsed.GetValue(ca));
            await using var portal = context.OpenPortal();
            var ldap = portal.Ldap;
            if (isOff && ldap.SettingsOrNull() is not null)
                await ldap.Save(context.Operator(), null);
            else if (new[] { url, dn, filter, ca, bind, search }.Any(option => parsed.GetValue(option) is not null))
                await ldap.Save(
                    context.Operator(),
                    await WithAccount(
                        context,
                        With(
                            ldap.SettingsOrNull(),
                            parsed.GetValue(url),
                            parsed.GetValue(dn),
                            parsed.GetValue(filter),
                            authority
                        ),
                        parsed.GetValue(bind),
                        parsed.GetValue(search),
                        ldap.SettingsOrNull()
                    )
                );
            if (tried is not { } name)
                return Show(context, ldap.SettingsOrNull(), parsed.GetValue(json));
            var settings =
                ldap.SettingsOrNull()
                ?? throw new CliException("no LDAP directory is set; set one with `kc.eportal ldap set --url URL`");
            var findings = await settings
                .Open(context.Time)
                .Test(name, await context.PasswordOnceAsync($"Password of {name}"), cancel);
            return Show(context, findings, parsed.GetValue(json));
        }
    }

    /// <summary>What is not named stays as it is: who changes the address alone must not lose the filter.</summary>
    private static LdapSettings With(LdapSettings? known, string? url, string? dn, string? filter, string? ca) =>
        known is null && url is null
            ? throw new CliException("no LDAP directory is set; set one with `kc.eportal ldap set --url URL`")
            : (known ?? LdapSettings.Empty).With(url, dn, filter, ca);

    private static async Task<LdapSettings> WithAccount(
        CliContext context,
        LdapSettings settings,
        string? dn,
        string? search,
        LdapSettings? known
    ) =>
        settings.WithAccount(
            dn,
            string.IsNullOrEmpty(dn) ? null : await context.PasswordOnceAsync($"Password of {dn}"),
            search,
            known
        );

    private static int Show(CliContext context, LdapSettings? settings, bool json)
    {
        if (json)
        {
            context.Json(settings, LdapCommandsJson.Default.LdapSettings);
        }
        else if (settings is null)
        {
            context.Line("no LDAP directory is set");
        }
        else
        {
            context.Line($"address: {settings.Url}");
            context.Line($"connection string: {settings.Dn}");
            context.Line($"filter: {settings.Filter ?? "none, everyone who can bind can log in"}");
            context.Line($"bind account: {settings.BindDn ?? "none, users are not looked up after their login"}");
            if (settings.UserSearch is { } search)
                context.Line($"user search: {search}");
            context.Line(
                $"certificates: {(settings.Ca is null ? "those this machine trusts" : "a private certificate authority")}"
            );
        }

        return CliExit.Success;
    }

    private static int Show(CliContext context, IReadOnlyList<LdapFinding> findings, bool json)
    {
        if (json)
        {
            context.Json(findings, LdapCommandsJson.Default.IReadOnlyListLdapFinding);
        }
        else
        {
            foreach (var finding in findings)
                context.Line($"{finding.Step}: {(finding.Ok ? "ok" : "failed")}: {finding.Message}");
        }

        return findings.All(finding => finding.Ok) ? CliExit.Success : CliExit.Failure;
    }

    private static string? ReadFile(string? path)
    {
        try
        {
            return string.IsNullOrEmpty(path) ? path : NamedFile.ReadText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"cannot read {path}: {e.Message}");
        }
    }

    [JsonSerializable(typeof(LdapSettings))]
    [JsonSerializable(typeof(IReadOnlyList<LdapFinding>))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class LdapCommandsJson : JsonSerializerContext;
}
