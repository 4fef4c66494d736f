using EPortal.Api;

namespace EPortal.Accounts;

/// <summary>The API's calls on API keys: everybody has their own, admins see and end all.</summary>
internal static class ApiKeyEndpoints
{
    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapApi(
            HttpMethods.Get,
            "/api-keys",
            ApiRole.Reader,
            "Your API keys; for admins, those of all users",
            (HttpContext context, ApiKeyStore keys) =>
                new ApiResult<IReadOnlyList<ApiKeyRow>>([.. keys.List(context.WhoseOrAll()).Select(ApiKeyRow.From)])
        );
        routes.MapApi(
            HttpMethods.Post,
            "/api-keys",
            ApiRole.Reader,
            "Create an API key for yourself; it is shown only in this answer",
            Make,
            new("name", "what it is for", Required: true),
            new("expires_days", "days until it expires; never by default", "integer")
        );
        routes.MapApi(
            HttpMethods.Delete,
            "/api-keys/{id}",
            ApiRole.Reader,
            "Revoke an API key; admins can revoke those of all users",
            Revoke
        );
    }

    /// <summary>Days that a key may last.</summary>
    public const int MaxDays = 3650;

    /// <summary>When a key is to end: in <c>expires_days</c>; null for never.</summary>
    /// <exception cref="Data.RefusedException">That is no such number.</exception>
    public static DateTimeOffset? EndOf(ApiParameters parameters, TimeProvider time) =>
        parameters.Number("expires_days", 1, MaxDays) is { } days ? time.GetUtcNow().AddDays(days) : null;

    private static async Task<ApiResult<NewApiKeyRow>> Make(
        ApiParameters parameters,
        ApiKeyStore keys,
        HttpContext context,
        TimeProvider time
    )
    {
        var (key, text) = await keys.Make(
            context.Actor(),
            context.Actor().Name,
            parameters.Required("name"),
            EndOf(parameters, time)
        );
        return new ApiResult<NewApiKeyRow>(new NewApiKeyRow(key.KeyId, key.Name, key.Expires, text));
    }

    private static async Task<ApiResult<int>> Revoke(string id, ApiKeyStore keys, HttpContext context) =>
        new(await keys.Revoke(context.Actor(), id, context.WhoseOrAll()) ? 1 : 0);
}

/// <summary>An API key for programs, without what is secret.</summary>
internal sealed record ApiKeyRow(
    string Id,
    string User,
    string Name,
    DateTimeOffset Created,
    DateTimeOffset? Expires,
    DateTimeOffset? LastUsed,
    string? LastAddress
)
{
    /// <summary>The row of a key.</summary>
    public static ApiKeyRow From(ApiKey key) =>
        new(key.KeyId, key.Account, key.Name, key.Created, key.Expires, key.LastUsed, key.LastAddress);
}

/// <summary>A new key: <c>key</c> is the text to send, shown this once.</summary>
internal sealed record NewApiKeyRow(string Id, string Name, DateTimeOffset? Expires, string Key);
