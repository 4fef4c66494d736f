using System.Net;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>Every way to show the portal a secret without a login.</summary>
public enum SecretWay
{
    LoginPage,
    BasicOnTheApi,
    BasicOnReadiness,
    ApiKey,
    PatchSource,
    NagiosReport,
    PatchsetReport,
    PatchsetJson,
    MetricsToken,
    MetricsTokenOnReadiness,
    Register,
    RegisterPlain,
}

/// <summary>How the portal took a secret.</summary>
public enum SecretAnswer
{
    Right,
    Wrong,
    Throttled,
}

/// <summary>A portal on which every secret is set, and the ways to try them from any address.</summary>
internal sealed class SecretHouse : IAsyncDisposable
{
    private const string Token = "the-metrics-token-of-this-house";
    private const string Lower = "the password of the portal below";

    private readonly HttpClient _http;
    private string _apiKey = "";

    private SecretHouse(ApiCaller api)
    {
        Api = api;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = api.Portal.Address,
        };
    }

    public ApiCaller Api { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<SecretHouse> StartAsync()
    {
        var house = new SecretHouse(
            await ApiCaller.StartAsync(settings =>
                settings with
                {
                    MetricsToken = Token,
                    MetricsAllowedNetworks = [],
                    ServePatchSource = true,
                    ServePatchSourceUser = "lower",
                    ServePatchSourcePassword = Lower,
                }
            )
        );
        house._apiKey = (
            await house.Api.Portal.Portal.ApiKeys.Make(TestPortal.Admin, ApiCaller.Admin, "program", null)
        ).Text;
        await house.Api.Portal.RegisterAsync();
        return house;
    }

    /// <summary>Shows the right secret.</summary>
    public Task<SecretAnswer> RightAsync(SecretWay way, string address) =>
        TryAsync(
            way,
            address,
            way switch
            {
                SecretWay.ApiKey => _apiKey,
                SecretWay.PatchSource => Lower,
                SecretWay.NagiosReport
                or SecretWay.PatchsetReport
                or SecretWay.PatchsetJson
                or SecretWay.Register
                or SecretWay.RegisterPlain => TestPortal.Key,
                SecretWay.MetricsToken or SecretWay.MetricsTokenOnReadiness => Token,
                _ => ApiCaller.Password,
            }
        );

    /// <summary>Shows a wrong one, different for each number.</summary>
    public Task<SecretAnswer> WrongAsync(SecretWay way, string address, int number) =>
        TryAsync(way, address, Wrong(way, number));

    /// <summary>The wrong secret of that number.</summary>
    public string Wrong(SecretWay way, int number) =>
        way == SecretWay.ApiKey ? _apiKey[..^5] + $"{number:D5}" : $"guess{number:D5}";

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return Api.DisposeAsync();
    }

    private async Task<SecretAnswer> TryAsync(SecretWay way, string address, string secret)
    {
        using var request = Request(way, secret);
        request.Headers.Add("X-Forwarded-For", address);
        using var answer = await _http.SendAsync(request, Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        return answer.StatusCode == HttpStatusCode.TooManyRequests ? SecretAnswer.Throttled
            : IsRight(way, answer.StatusCode, text) ? SecretAnswer.Right
            : SecretAnswer.Wrong;
    }

    private static bool IsRight(SecretWay way, HttpStatusCode status, string text) =>
        way switch
        {
            SecretWay.LoginPage => status == HttpStatusCode.Redirect,
            SecretWay.BasicOnReadiness or SecretWay.MetricsTokenOnReadiness => text.Contains(
                "free",
                StringComparison.Ordinal
            ),
            SecretWay.NagiosReport => text.Contains("machines", StringComparison.Ordinal),
            SecretWay.PatchsetReport or SecretWay.PatchsetJson => text.Contains("127.0.0.1", StringComparison.Ordinal),
            SecretWay.RegisterPlain => TestPortal.Lines(text)["code"] == "0",
            _ => status == HttpStatusCode.OK,
        };

    private static HttpRequestMessage Request(SecretWay way, string secret) =>
        way switch
        {
            SecretWay.LoginPage => new(HttpMethod.Post, "/admin/login")
            {
                Content = Form(("username", User(secret)), ("password", secret)),
            },
            SecretWay.BasicOnTheApi => With("Basic", Basic(User(secret), secret), "/admin/api/feeds"),
            SecretWay.BasicOnReadiness => With("Basic", Basic(User(secret), secret), "/readyz"),
            SecretWay.ApiKey => WithKey(secret),
            SecretWay.PatchSource => With("Basic", Basic("lower", secret), "/patch-source/index.json"),
            SecretWay.NagiosReport => new(HttpMethod.Get, $"/admin/api/kcare/nagios/{secret}"),
            SecretWay.PatchsetReport => new(HttpMethod.Get, $"/admin/api/kcare/patchset/{secret}"),
            SecretWay.PatchsetJson => new(HttpMethod.Get, $"/admin/api/kcare/patchset.json?key={secret}"),
            SecretWay.MetricsToken => With("Bearer", secret, "/metrics"),
            SecretWay.MetricsTokenOnReadiness => With("Bearer", secret, "/readyz"),
            SecretWay.Register => new(HttpMethod.Post, "/admin/api/register")
            {
                Content = Form(("key", secret), ("hostname", "h")),
            },
            _ => new(HttpMethod.Get, $"/admin/api/kcare/register_server.plain?hostname=h&key={secret}"),
        };

    /// <summary>
    /// Guesses are made at names that nobody can have, so that it is the address that counts and no hash takes its
    /// time.
    /// </summary>
    private static string User(string secret) => secret == ApiCaller.Password ? ApiCaller.Admin : $"no {secret}";

    private static string Basic(string user, string secret) => TestPortal.Basic($"{user}:{secret}").Parameter!;

    private static FormUrlEncodedContent Form(params (string Name, string Value)[] values) =>
        new(values.Select(one => KeyValuePair.Create(one.Name, one.Value)));

    private static HttpRequestMessage With(string scheme, string parameter, string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new(scheme, parameter);
        return request;
    }

    private static HttpRequestMessage WithKey(string key)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/admin/api/feeds");
        request.Headers.Add("X-Api-Key", key);
        return request;
    }
}
