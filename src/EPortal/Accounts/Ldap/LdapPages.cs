using EPortal.Api;
using EPortal.Data;
using EPortal.WebConsole;

namespace EPortal.Accounts.Ldap;

/// <summary>The console's page of the directory.</summary>
internal static class LdapPages
{
    private const string Path = "/ldap";

    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPage(Path, (LdapStore ldap) => Show(Stored(ldap)));
        routes.MapAction(Path, Save).ResumesForm();
        routes.MapAction(Path + "/off", SwitchOff);
        routes.MapAction(Path + "/test", Test).ResumesForm(Path);
    }

    private static Task<IResult> Save(ApiParameters parameters, LdapStore ldap, HttpContext context)
    {
        var form = LdapForm.Read(parameters);
        return ConsoleForms.Try(
            async () =>
            {
                await ldap.Save(
                    context.Actor(),
                    form.ToSettings(parameters.Text("bind_password"), ldap.SettingsOrNull()),
                    FormVersion.SeenOrNull(parameters)
                );
                return ConsoleRoutes.Back(context, Path, "The LDAP settings were saved.");
            },
            problem =>
                Show(
                    Typed(form, parameters, ldap) with
                    {
                        Problem = ConsoleForms.WithoutPassword(problem, parameters, "bind_password"),
                    }
                )
        );
    }

    private static Task<IResult> SwitchOff(ApiParameters parameters, LdapStore ldap, HttpContext context) =>
        ConsoleForms.Try(
            async () =>
            {
                if (parameters.Flag(DeleteCard.Sure) is not true)
                    throw new RefusedException(
                        Refusal.Invalid,
                        "LDAP was not switched off: confirm it with the checkbox"
                    );
                await ldap.Save(context.Actor(), null, FormVersion.SeenOrNull(parameters));
                return ConsoleRoutes.Back(context, Path, "LDAP was switched off.");
            },
            problem => Show(Stored(ldap) with { Problem = problem })
        );

    /// <summary>
    /// Tests a login with the values of the form; saves nothing, and sends the password to the directory only.
    /// </summary>
    private static Task<IResult> Test(ApiParameters parameters, LdapStore ldap, LdapTest test, HttpContext context)
    {
        var typed = LdapForm.Read(parameters);
        // The version stays that of the form: a test changes nothing, and what somebody else saved is told when this is
        // to be saved.
        var model = new LdapModel(
            typed,
            ldap.SettingsOrNull() is not null,
            new FormVersion(FormVersion.SeenOrNull(parameters) ?? "")
        )
        {
            UserName = parameters.Text("username"),
        };
        return ConsoleForms.Try(
            async () =>
            {
                if (model.UserName is null || parameters.Text("password") is not { } password)
                    throw new RefusedException(Refusal.Invalid, "enter a user name and password for the test");
                return Show(
                    model with
                    {
                        Findings = await test.Run(
                            model.Form.ToSettings(parameters.Text("bind_password"), ldap.SettingsOrNull()),
                            model.UserName,
                            password,
                            context
                        ),
                    }
                );
            },
            problem => Show(model with { Problem = ConsoleForms.WithoutPassword(problem, parameters, "bind_password") })
        );
    }

    private static LdapModel Stored(LdapStore ldap)
    {
        var version = FormVersion.Of(ldap.Stored());
        var settings = ldap.SettingsOrNull();
        return new LdapModel(LdapForm.Of(settings), settings is not null, version);
    }

    private static LdapModel Typed(LdapForm form, ApiParameters parameters, LdapStore ldap) =>
        new(form, ldap.SettingsOrNull() is not null, FormVersion.Of(parameters, ldap.Stored(), form.Typed()));

    private static IResult Show(LdapModel model) =>
        ConsoleRoutes.Show<LdapPage, LdapModel>(model, model.Version.StatusOf(model.Problem));
}

/// <summary>What the page of the directory shows.</summary>
/// <param name="Form">The settings as they are filled in.</param>
/// <param name="IsOn">Whether a directory is set.</param>
/// <param name="Version">Which version of the settings the form shows.</param>
internal sealed record LdapModel(LdapForm Form, bool IsOn, FormVersion Version)
{
    /// <summary>Whom the test tried.</summary>
    public string? UserName { get; init; }

    /// <summary>What came of it, step by step; null while none was made.</summary>
    public IReadOnlyList<LdapFinding>? Findings { get; init; }

    /// <summary>Why nothing was done.</summary>
    public string? Problem { get; init; }
}

/// <summary>
/// The settings of the directory as they are filled in; without the bind account's password, which no page gives back.
/// </summary>
/// <param name="Url">Address.</param>
/// <param name="Dn">Connection string.</param>
/// <param name="Filter">Filter; empty for none.</param>
/// <param name="Ca">Certificate authority in PEM; empty for those of this machine.</param>
/// <param name="BindDn">Name of the bind account; empty for none.</param>
/// <param name="UserSearch">How it finds a user; empty for the entry that the connection string names.</param>
internal sealed record LdapForm(string Url, string Dn, string Filter, string Ca, string BindDn, string UserSearch)
{
    /// <summary>The form of what is set.</summary>
    public static LdapForm Of(LdapSettings? settings) =>
        new(
            settings?.Url ?? "",
            settings?.Dn ?? "",
            settings?.Filter ?? "",
            settings?.Ca ?? "",
            settings?.BindDn ?? "",
            settings?.UserSearch ?? ""
        );

    /// <summary>The form that was sent; browsers end lines with CR LF.</summary>
    public static LdapForm Read(ApiParameters parameters) =>
        new(
            Text(parameters, "url"),
            Text(parameters, "dn"),
            Text(parameters, "filter"),
            Text(parameters, "ca").Replace("\r\n", "\n", StringComparison.Ordinal),
            Text(parameters, "bind_dn"),
            Text(parameters, "user_search")
        );

    /// <summary>Its values, field by field.</summary>
    public StoredFields Typed() => LdapSettings.FieldsOf("", Url, Dn, Filter, Ca, BindDn, UserSearch);

    /// <summary>The settings.</summary>
    /// <param name="password">The bind account's password that was typed; null to keep the one that is set.</param>
    /// <param name="known">What is set.</param>
    public LdapSettings ToSettings(string? password, LdapSettings? known) =>
        new(
            Url,
            Dn,
            Filter.Length == 0 ? null : Filter,
            Ca.Length == 0 ? null : Ca,
            LdapBindAccount.Read(BindDn, password, UserSearch, Url, known)
        );

    private static string Text(ApiParameters parameters, string name) => (parameters.Text(name) ?? "").Trim();
}
