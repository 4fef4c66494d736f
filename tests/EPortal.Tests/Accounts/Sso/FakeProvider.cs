using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using EPortal.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EPortal.Tests.Accounts.Sso;

/// <summary>A sign-on provider that can be told to misbehave.</summary>
internal sealed class FakeProvider : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeProvider(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    public string Subject { get; set; } = "42";

    /// <summary>Members of the ID token that differ from what they should be; null values are left out.</summary>
    public Dictionary<string, object?> IdToken { get; } = [];

    /// <summary>Members of the user information that differ.</summary>
    public Dictionary<string, object?> Userinfo { get; } = [];

    public bool WithoutIdToken { get; set; }

    /// <summary>Answers instead of the right ones, by path.</summary>
    public ConcurrentDictionary<string, Func<HttpContext, Task>> Instead { get; } = new();

    /// <summary>What the token endpoint was asked.</summary>
    public ConcurrentQueue<(string? Authorization, Dictionary<string, string> Form)> Exchanges { get; } = new();

    public static async Task<FakeProvider> StartAsync(TimeProvider time)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var provider = new FakeProvider(app);
        app.Run(context => provider.AnswerAsync(context, time));
        await app.StartAsync(TestContext.Current.CancellationToken);
        provider.Url = app.Urls.First();
        return provider;
    }

    public Settings In(Settings settings) =>
        settings with
        {
            OidcAuthUrl = new Uri(Url + "/auth"),
            OidcTokenUrl = new Uri(Url + "/token"),
            OidcUserinfoUrl = new Uri(Url + "/me"),
            OidcLogoutUrl = new Uri(Url + "/out"),
            OidcClientId = "eportal",
            OidcClientSecret = "p&ssword:1",
        };

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context, TimeProvider time)
    {
        if (Instead.TryGetValue(context.Request.Path, out var instead))
        {
            await instead(context);
            return;
        }

        object answer = context.Request.Path.Value switch
        {
            "/token" => await TokenAsync(context, time),
            _ => With(new() { ["sub"] = Subject, ["preferred_username"] = "carol" }, Userinfo),
        };
        await context.Response.WriteAsJsonAsync(answer);
    }

    private async Task<object> TokenAsync(HttpContext context, TimeProvider time)
    {
        var form = await context.Request.ReadFormAsync();
        Exchanges.Enqueue(
            (context.Request.Headers.Authorization, form.ToDictionary(one => one.Key, one => one.Value.ToString()))
        );
        var claims = With(
            new()
            {
                ["iss"] = Url,
                ["sub"] = Subject,
                ["aud"] = "eportal",
                ["exp"] = time.GetUtcNow().AddMinutes(5).ToUnixTimeSeconds(),
            },
            IdToken
        );
        var payload = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(claims)));
        return new Dictionary<string, object?>
        {
            ["access_token"] = "t",
            ["token_type"] = "Bearer",
            ["id_token"] = WithoutIdToken ? null : $"e30.{payload}.c2ln",
        }
            .Where(one => one.Value is not null)
            .ToDictionary();
    }

    private static Dictionary<string, object?> With(
        Dictionary<string, object?> right,
        Dictionary<string, object?> changes
    )
    {
        foreach (var (name, value) in changes)
            right[name] = value;
        return right.Where(one => one.Value is not null).ToDictionary();
    }
}
