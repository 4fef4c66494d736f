using System.Net;
using EPortal.Tests.Agents;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>
/// Speaks to a portal as a browser does: keeps cookies, says with a form where it comes from, and follows nothing by
/// itself.
/// </summary>
internal sealed class Browser : IDisposable
{
    private readonly HttpClient _http;

    public Browser(TestPortal portal)
    {
        Origin = portal.Address.GetLeftPart(UriPartial.Authority);
        _http = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                CookieContainer = Cookies,
                Expect100ContinueTimeout = TimeSpan.FromMinutes(1),
            }
        )
        {
            BaseAddress = portal.Address,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("Browser/1.0");
    }

    public CookieContainer Cookies { get; } = new();

    /// <summary>Site whose pages send the forms; none when null.</summary>
    public string? Origin { get; set; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What the session cookie holds; null when there is none.</summary>
    public string? Token => Cookies.GetCookies(_http.BaseAddress!)["eportal_session"]?.Value;

    public Task<HttpResponseMessage> GetAsync(string path) => _http.GetAsync(path, Cancellation);

    public async Task<HttpStatusCode> StatusAsync(string path)
    {
        using var answer = await GetAsync(path);
        return answer.StatusCode;
    }

    public async Task<HttpStatusCode> PostStatusAsync(string path, params (string Name, string Value)[] values)
    {
        using var answer = await PostAsync(path, values);
        return answer.StatusCode;
    }

    public Task<string> TextAsync(string path) => _http.GetStringAsync(path, Cancellation);

    /// <summary>Sends a form.</summary>
    public Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] values) =>
        SendAsync(HttpMethod.Post, path, values);

    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        (string Name, string Value)[] values,
        params (string Name, string Value)[] headers
    ) =>
        SendAsync(
            method,
            path,
            new FormUrlEncodedContent(values.Select(one => KeyValuePair.Create(one.Name, one.Value))),
            headers
        );

    /// <summary>
    /// Sends any content, when the portal is ready for it: what it says to one that is too large would be lost
    /// otherwise.
    /// </summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        HttpContent content,
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (Origin is not null)
            request.Headers.Add("Origin", Origin);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        request.Headers.ExpectContinue = content is MultipartFormDataContent;
        return await _http.SendAsync(request, Cancellation);
    }

    public Task<HttpResponseMessage> LogInAsync(string user, string password, string? next = null) =>
        PostAsync(
            "/admin/login",
            [("username", user), ("password", password), .. next is null ? [] : new[] { ("next", next) }]
        );

    /// <summary>Signs on at a provider that lets everybody in, and returns where that ends.</summary>
    /// <param name="next">Where to go on to.</param>
    /// <param name="callback">Changes the address that the provider sends the browser back to.</param>
    public async Task<Uri> SignOnAsync(string? next = null, Func<Uri, Uri>? callback = null)
    {
        using var begin = await GetAsync(
            "/admin/sso/login" + (next is null ? "" : $"?next={Uri.EscapeDataString(next)}")
        );
        var query = QueryHelpers.ParseQuery(begin.Headers.Location!.Query);
        var back = new Uri(
            QueryHelpers.AddQueryString(
                query["redirect_uri"].ToString(),
                new Dictionary<string, string?> { ["code"] = "code-1", ["state"] = query["state"] }
            )
        );
        using var end = await GetAsync((callback?.Invoke(back) ?? back).PathAndQuery);
        return end.Headers.Location!;
    }

    public void Dispose() => _http.Dispose();
}
