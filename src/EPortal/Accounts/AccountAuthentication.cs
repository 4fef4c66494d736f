using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using EPortal.Accounts.Sessions;
using EPortal.Api;
using EPortal.Api.Guards;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace EPortal.Accounts;

/// <summary>What the scheme has to know.</summary>
internal sealed class AccountAuthenticationOptions : AuthenticationSchemeOptions
{
    /// <summary>Header that carries API keys.</summary>
    public string KeyHeader { get; set; } = "X-Api-Key";
}

/// <summary>
/// Who calls the API: by an API key, else by name and password (Basic, RFC 7617), else by the session of a browser.
/// </summary>
internal sealed class AccountAuthentication(
    IOptionsMonitor<AccountAuthenticationOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder,
    UserStore users,
    ApiKeyStore keys,
    PasswordLogin login,
    SecretGuards guards,
    ExternalLogins external,
    DirectoryRecheck recheck,
    FailedLogins failed
) : AuthenticationHandler<AccountAuthenticationOptions>(options, loggers, encoder)
{
    /// <summary>Name of the scheme.</summary>
    public const string Name = "account";

    /// <summary>Name, colon and password: at most three bytes of UTF-8 a character, which are four of base64.</summary>
    private const int MaxCredentials = ((UserName.MaxLength + 1 + UserStore.MaxPasswordLength) * 4) + 1;

    private LoginResult? _login;
    private bool _isKeyWithoutLogin;
    private bool _tooManyKeys;

    /// <inheritdoc/>
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers.TryGetValue(Options.KeyHeader, out var key))
            return Result(await ByKey(key.ToString()));
        if (BasicOrNull() is not var (name, password))
            return await Context.AuthenticateAsync(SessionAuthentication.Name);
        var result = await login.Try(name, password, Context);
        _login = result;
        if (result is { User: null, DirectoryFailed: false })
            failed.Add(name, Context.Address());
        return Result(result.User);
    }

    /// <inheritdoc/>
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (_login is { DirectoryFailed: true })
        {
            GuardAnswers.SayWhen(Context);
            return ApiErrors.Write(
                Context,
                StatusCodes.Status503ServiceUnavailable,
                ApiErrors.Unavailable,
                "LDAP directory unavailable; try again, or use a local user"
            );
        }

        if (_login is { TooMany: true })
            return guards.Passwords.TooMany(Context);
        if (_tooManyKeys)
            return guards.ApiKeys.TooMany(Context);

        if (_isKeyWithoutLogin)
        {
            return ApiErrors.Write(
                Context,
                StatusCodes.Status401Unauthorized,
                ApiErrors.Unauthorized,
                "the API key is valid, but its user must log in again through LDAP or single sign-on"
            );
        }

        Response.Headers.WWWAuthenticate = "Basic realm=\"ePortal\", charset=\"UTF-8\"";
        return ApiErrors.Write(
            Context,
            StatusCodes.Status401Unauthorized,
            ApiErrors.Unauthorized,
            $"authentication required: use Basic authentication, or an API key in {Options.KeyHeader}"
        );
    }

    /// <inheritdoc/>
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        ApiErrors.Write(Context, StatusCodes.Status403Forbidden, ApiErrors.Forbidden, "this account is read-only");

    private async Task<User?> ByKey(string text)
    {
        if (text.Length == 0)
            return null;
        ApiKey? key = null;
        var outcome = await guards.ApiKeys.Try(
            Context.Client(),
            ApiKeyStore.IdOf(text),
            text,
            attempt => (key = keys.FindOrNull(attempt, text)) is not null,
            Context.RequestAborted
        );
        _tooManyKeys = outcome == SecretOutcome.Throttled;
        if (key is null)
            return null;
        await keys.NoteUse(key, Context.Address());
        return users.FindOrNull(key.Account) is { } user ? await StillLetIn(user) : null;
    }

    private async Task<User?> StillLetIn(User user)
    {
        var standing = external.Counts(user, TimeProvider.GetUtcNow()) ? await recheck.Of(user) : DirectoryStatus.Gone;
        if (standing == DirectoryStatus.Unknown)
            _login = new LoginResult(null, DirectoryFailed: true);
        _isKeyWithoutLogin = standing == DirectoryStatus.Gone;
        return standing == DirectoryStatus.Good ? user : null;
    }

    private static AuthenticateResult Result(User? user)
    {
        if (user is null)
            return AuthenticateResult.Fail("wrong login");
        var identity = new ClaimsIdentity(
            [new Claim(ClaimTypes.Name, user.Name), new Claim(ClaimTypes.Role, user.Role)],
            Name
        );
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Name));
    }

    private (string Name, string Password)? BasicOrNull()
    {
        if (
            !AuthenticationHeaderValue.TryParse(Request.Headers.Authorization, out var header)
            || !header.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)
            || header.Parameter is not { Length: > 0 and < MaxCredentials } parameter
        )
            return null;
        var bytes = new byte[parameter.Length];
        return
            Convert.TryFromBase64String(parameter, bytes, out var length)
            && Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) is [var name, var password]
            ? (name, password)
            : null;
    }
}
