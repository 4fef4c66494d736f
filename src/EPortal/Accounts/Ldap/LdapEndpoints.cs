using EPortal.Api;

namespace EPortal.Accounts.Ldap;

/// <summary>The API's calls on the directory.</summary>
internal static class LdapEndpoints
{
    private static readonly ApiParameter[] s_settings =
    [
        new("url", "ldap|ldaps://HOST[:PORT][?strict_check=0&tls=0&timeout=30]; empty for no directory"),
        new("dn", "name to bind with; %s stands for the user's name"),
        new("filter", "who can log in: BASE??SCOPE?FILTER; empty for everyone who can bind"),
        new("ca", "certificate authority of the server in PEM; empty for the system's"),
        new("bind_dn", "account that looks users up after their login; empty for none"),
        new("bind_password", "its password; the stored one is kept while host and name stay the same"),
        new("user_search", "how it finds a user: BASE??SCOPE?FILTER; empty for the entry that dn names"),
    ];

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapApi(
            HttpMethods.Get,
            "/ldap",
            ApiRole.Reader,
            "LDAP settings",
            (LdapStore ldap) => new ApiResult<LdapSettings?>(ldap.SettingsOrNull())
        );
        routes.MapApi(
            HttpMethods.Post,
            "/ldap",
            ApiRole.Admin,
            "Change the LDAP settings; parameters left out keep their value",
            Save,
            s_settings
        );
        routes.MapApi(
            HttpMethods.Post,
            "/ldap/test",
            ApiRole.Admin,
            "Test a login step by step, with the stored settings or those given",
            Test,
            [
                new("username", "user to test", Required: true),
                new("password", "the user's password", Required: true),
                .. s_settings,
            ]
        );
    }

    private static async Task<ApiResult<LdapSettings?>> Save(
        ApiParameters parameters,
        LdapStore ldap,
        HttpContext context
    ) =>
        new(
            await ldap.Save(
                context.Actor(),
                parameters.Raw("url") is "" ? null : With(ldap.SettingsOrNull() ?? LdapSettings.Empty, parameters, ldap)
            )
        );

    private static async Task<ApiResult<IReadOnlyList<LdapFinding>>> Test(
        ApiParameters parameters,
        LdapStore ldap,
        LdapTest test,
        HttpContext context
    )
    {
        var settings = parameters.Text("url") is null
            ? ldap.SettingsOrNull()
                ?? throw new Data.RefusedException(Data.Refusal.NotFound, "no LDAP directory is set")
            : With(LdapSettings.Empty, parameters, ldap);
        return new(await test.Run(settings, parameters.Required("username"), parameters.Required("password"), context));
    }

    private static LdapSettings With(LdapSettings settings, ApiParameters parameters, LdapStore ldap) =>
        settings
            .With(parameters.Text("url"), parameters.Text("dn"), parameters.Raw("filter"), parameters.Raw("ca"))
            .WithAccount(
                parameters.Raw("bind_dn"),
                parameters.Text("bind_password"),
                parameters.Raw("user_search"),
                ldap.SettingsOrNull()
            );
}
