using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using EPortal.Accounts.Sessions;
using EPortal.Api;
using EPortal.Api.Guards;
using EPortal.Data;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OAuth;
using Microsoft.Extensions.Options;

namespace EPortal.Accounts.Sso;

/// <summary>The authorization code flow with PKCE and state; who comes back gets a session.</summary>
internal sealed partial class SsoHandler(
    IOptionsMonitor<OAuthOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder,
    SsoOptions sso,
    UserStore users,
    SecretGuards guards,
    TimeProvider time
) : OAuthHandler<OAuthOptions>(options, loggers, encoder)
{
    /// <summary>Name of the scheme.</summary>
    public const string Name = "sso";

    /// <summary>Where the provider sends people back to.</summary>
    public const string CallbackPath = "/admin/sso/login/callback";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly MediaTypeWithQualityHeaderValue s_json = new("application/json");
    private static readonly UTF8Encoding s_utf8 = new(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true
    );
    private const int MaxAnswer = 1024 * 1024;
    private const int MaxLogged = 300;

    private bool _isOurs;
    private SecretAttempt? _attempt;

    /// <summary>Sets it up for a provider.</summary>
    public static void Configure(OAuthOptions options, SsoOptions sso, SsoState state)
    {
        options.AuthorizationEndpoint = sso.AuthUrl!.ToString();
        options.TokenEndpoint = sso.TokenUrl!.ToString();
        options.UserInformationEndpoint = sso.UserinfoUrl!.ToString();
        options.ClientId = sso.ClientId!;
        options.ClientSecret = sso.ClientSecret!;
        options.CallbackPath = CallbackPath;
        options.SignInScheme = SessionAuthentication.Name;
        options.UsePkce = true;
        options.StateDataFormat = state;
        options.BackchannelTimeout = s_patience;
        // Never to another place than the settings name, nor without end.
        options.BackchannelHttpHandler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = s_patience,
        };
        options.Backchannel = new HttpClient(options.BackchannelHttpHandler)
        {
            Timeout = s_patience,
            MaxResponseContentBufferSize = MaxAnswer,
        };
        options.CorrelationCookie.Name = "eportal_sso.";
        // The browser's clock counts here, not this portal's.
        options.TimeProvider = TimeProvider.System;
        options.CorrelationCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.CorrelationCookie.SameSite = SameSiteMode.Lax;
        foreach (var scope in new[] { "openid", "profile", "email" })
            options.Scope.Add(scope);
        options.Events.OnRemoteFailure = context =>
            ((SsoHandler?)context.HttpContext.Items[typeof(SsoHandler)])!.Failed(context);
    }

    /// <inheritdoc/>
    public override async Task<bool> HandleRequestAsync()
    {
        if (!await ShouldHandleRequestAsync())
            return false;
        using var attempt = await guards.SignOns.Begin(Context.Client(), "", Context.RequestAborted);
        if (attempt is null)
        {
            Response.Redirect($"{LoginEndpoints.LoginPath}?problem={LoginProblems.TooMany}");
            return true;
        }

        _attempt = attempt;
        Context.Items[typeof(SsoHandler)] = this;
        return await base.HandleRequestAsync();
    }

    /// <summary>
    /// Fetches the tokens, with Basic authentication: the one way that every provider must know (RFC 6749, 2.3.1).
    /// </summary>
    protected override async Task<OAuthTokenResponse> ExchangeCodeAsync(OAuthCodeExchangeContext context)
    {
        // Reached only with a state that was given out here, to this browser.
        _isOurs = true;
        _attempt!.Right();
        using var request = new HttpRequestMessage(HttpMethod.Post, Options.TokenEndpoint);
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(
                Encoding.ASCII.GetBytes(
                    $"{Uri.EscapeDataString(Options.ClientId)}:{Uri.EscapeDataString(Options.ClientSecret)}"
                )
            )
        );
        request.Headers.Accept.Add(s_json);
        request.Content = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                ["grant_type"] = "authorization_code",
                ["code"] = context.Code,
                ["redirect_uri"] = context.RedirectUri,
                ["code_verifier"] = context.Properties.Items[OAuthConstants.CodeVerifierKey]!,
            }
        );
        var answer = await Fetch(request, "token endpoint");
        return answer.RootElement.ValueKind == JsonValueKind.Object
            ? OAuthTokenResponse.Success(answer)
            : throw new SsoException("the token endpoint's answer is not a JSON object");
    }

    /// <inheritdoc/>
    protected override async Task<AuthenticationTicket> CreateTicketAsync(
        System.Security.Claims.ClaimsIdentity identity,
        AuthenticationProperties properties,
        OAuthTokenResponse tokens
    )
    {
        var idToken = tokens.Response!.RootElement.TryGetProperty("id_token", out var token) ? token.GetString() : null;
        using var userinfo = await Userinfo(
            tokens.AccessToken ?? throw new SsoException("the provider sent no access token")
        );
        var who = SsoIdentity.Read(idToken, userinfo.RootElement, Request.Query["iss"], sso, time.GetUtcNow());
        var user = await Enter(who);
        return new AuthenticationTicket(LoginEndpoints.Principal(user.Name, SsoOptions.Via), properties, Name);
    }

    private async Task<User> Enter(ExternalIdentity who)
    {
        try
        {
            return await users.Enter(new Actor(who.Name, Context.Address()), who);
        }
        catch (RefusedException e)
        {
            throw new SsoException(e.Message) { Problem = LoginProblems.SsoName };
        }
    }

    private async Task<JsonDocument> Userinfo(string accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Options.UserInformationEndpoint);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        request.Headers.Accept.Add(s_json);
        return await Fetch(request, "user information endpoint");
    }

    private async Task<JsonDocument> Fetch(HttpRequestMessage request, string what)
    {
        using var answer = await Backchannel.SendAsync(request, Context.RequestAborted);
        if (!answer.IsSuccessStatusCode)
            throw new SsoException($"the {what} answered {(int)answer.StatusCode}");
        try
        {
            // JSON is UTF-8 (RFC 8259, 8.1), whatever charset the answer's type names.
            return JsonDocument.Parse(Utf8(await answer.Content.ReadAsByteArrayAsync(Context.RequestAborted)));
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException)
        {
            throw new SsoException($"the answer of the {what} is not JSON in UTF-8");
        }
    }

    private static string Utf8(byte[] bytes) =>
        s_utf8.GetString(
            bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsSpan(Encoding.UTF8.Preamble.Length) : bytes
        );

    private Task Failed(RemoteFailureContext context)
    {
        var denied = context.Request.Query["error"] == "access_denied";
        var problem =
            denied ? LoginProblems.SsoDenied
            : context.Failure is SsoException { Problem: var said } ? said
            : _isOurs ? LoginProblems.SsoUnavailable
            : LoginProblems.SsoInvalid;
        // Once it is known to be ours this says nothing more.
        if (context.Properties is null || !denied)
            _attempt!.Wrong(context.Request.Query["state"].ToString());
        var reason = context.Failure?.Message ?? "no reason given";
        if (guards.SignOns.MayLog())
            LogFailed(Logger, problem, new string([.. reason.Where(c => !char.IsControl(c)).Take(MaxLogged)]));
        context.Response.Redirect($"{LoginEndpoints.LoginPath}?problem={problem}");
        context.HandleResponse();
        return Task.CompletedTask;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A sign-on failed ({Problem}): {Reason}")]
    private static partial void LogFailed(ILogger logger, string problem, string reason);
}
