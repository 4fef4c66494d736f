using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using EPortal.Accounts;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Api;

/// <summary>How the parameters of a call travel.</summary>
internal enum Carrier
{
    Query,
    Form,
    Multipart,
    Json,
}

/// <summary>Calls the API of a portal as a program does, with an admin and a reader to call as.</summary>
internal sealed class ApiCaller(TestPortal portal) : IAsyncDisposable
{
    public const string Admin = "ada";
    public const string Reader = "rob";
    public const string Password = "correct horse";

    /// <summary>Of <see cref="Password"/>; cheap, because nearly every test logs in.</summary>
    private static readonly Lazy<string> s_hash = new(() => PasswordHash.Make(Password, TestPortal.CheapHash));

    public TestPortal Portal => portal;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ApiCaller> StartAsync(
        Func<EPortal.Hosting.Settings, EPortal.Hosting.Settings>? change = null
    )
    {
        var portal = await TestPortal.StartAsync(change);
        await portal.Portal.Log.Commit(
            TestPortal.Admin,
            change =>
            {
                UserStore.Add(change, Admin, new UserSettings(IsAdmin: true), s_hash.Value);
                return UserStore.Add(change, Reader, new UserSettings(IsAdmin: false), s_hash.Value);
            }
        );
        return new ApiCaller(portal);
    }

    public Task<ApiAnswer> Get(string path, params (string Name, string Value)[] parameters) =>
        Call("GET", path, Carrier.Query, Admin, parameters);

    public Task<ApiAnswer> Post(string path, params (string Name, string Value)[] parameters) =>
        Call("POST", path, Carrier.Form, Admin, parameters);

    public Task<ApiAnswer> Delete(string path, params (string Name, string Value)[] parameters) =>
        Call("DELETE", path, Carrier.Query, Admin, parameters);

    /// <summary>Calls, with Basic credentials of <paramref name="user"/> or none.</summary>
    public async Task<ApiAnswer> Call(
        string method,
        string path,
        Carrier carrier,
        string? user,
        params (string Name, string Value)[] parameters
    )
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), Address(path, carrier, parameters))
        {
            Content = Body(carrier, parameters),
        };
        if (user is not null)
            request.Headers.Authorization = TestPortal.Basic($"{user}:{Password}");
        return await Send(request);
    }

    /// <summary>Sends any request.</summary>
    public async Task<ApiAnswer> Send(HttpRequestMessage request)
    {
        using var answer = await portal.Http.SendAsync(request, Cancellation);
        return new ApiAnswer(
            answer.StatusCode,
            await answer.Content.ReadAsStringAsync(Cancellation),
            answer.Headers,
            answer.Content.Headers.ContentType?.MediaType
        );
    }

    public ValueTask DisposeAsync() => portal.DisposeAsync();

    private static string Address(string path, Carrier carrier, (string Name, string Value)[] parameters) =>
        "/admin/api"
        + path
        + (
            carrier == Carrier.Query && parameters.Length > 0
                ? "?" + string.Join('&', parameters.Select(one => $"{one.Name}={Uri.EscapeDataString(one.Value)}"))
                : ""
        );

    private static HttpContent? Body(Carrier carrier, (string Name, string Value)[] parameters) =>
        carrier switch
        {
            Carrier.Form => new FormUrlEncodedContent(
                parameters.Select(one => KeyValuePair.Create(one.Name, one.Value))
            ),
            Carrier.Multipart => Multipart(parameters),
            Carrier.Json => new StringContent(Json(parameters), Encoding.UTF8, "application/json"),
            _ => null,
        };

    private static MultipartFormDataContent Multipart((string Name, string Value)[] parameters)
    {
        var content = new MultipartFormDataContent();
        foreach (var (name, value) in parameters)
            content.Add(new StringContent(value), name);
        return content;
    }

    /// <summary>Repeated names become a list.</summary>
    private static string Json((string Name, string Value)[] parameters) =>
        JsonSerializer.Serialize(
            parameters
                .GroupBy(one => one.Name)
                .ToDictionary(
                    group => group.Key,
                    group => group.Count() == 1 ? (object)group.First().Value : group.Select(one => one.Value).ToList()
                )
        );
}

/// <summary>What the API answered.</summary>
internal sealed record ApiAnswer(HttpStatusCode Status, string Text, HttpResponseHeaders Headers, string? Type)
{
    /// <summary>The body, which must be JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    /// <summary>The member <c>result</c> of a call that worked.</summary>
    public JsonElement Result
    {
        get
        {
            Status.ShouldBe(HttpStatusCode.OK, Text);
            return Json.GetProperty("result");
        }
    }

    /// <summary>It was refused with this status and code, and says why in a sentence.</summary>
    public void ShouldBeError(HttpStatusCode status, string code, string? of = null)
    {
        Status.ShouldBe(status, of is null ? Text : $"{of}: {Text}");
        Json.GetProperty("error").GetString().ShouldBe(code);
        Json.GetProperty("message").GetString().ShouldNotBeNullOrWhiteSpace();
    }
}
