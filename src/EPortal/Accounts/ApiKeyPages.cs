using EPortal.Api;
using EPortal.Data;
using EPortal.WebConsole;

namespace EPortal.Accounts;

/// <summary>The console's pages of API keys: everybody has their own, admins see and end all.</summary>
internal static class ApiKeyPages
{
    private const string ListPath = "/api-keys";
    private const string Made = "made";
    private const int PageSize = 50;

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPage(
            ListPath,
            (ApiParameters parameters, ApiKeyStore keys, NewApiKeys made, HttpContext context) =>
                List(
                    parameters,
                    keys,
                    context,
                    parameters.Text(Made) is { } id ? made.TakeOrNull(context.Actor().Name, id) : null,
                    null
                )
        );
        routes.MapOwnAction(ListPath, Make).ResumesForm();
        routes.MapPage(
            ListPath + "/{id}",
            (string id, ApiKeyStore keys, HttpContext context) => One(Get(keys, id, context), null)
        );
        routes.MapOwnAction(ListPath + "/{id}/revoke", Revoke);
    }

    /// <summary>Address of a key's page.</summary>
    public static string PathOf(ApiKey key) => $"{ListPath}/{Uri.EscapeDataString(key.KeyId)}";

    /// <summary>Leads on to the page that shows the key, this once.</summary>
    private static Task<IResult> Make(
        ApiParameters parameters,
        ApiKeyStore keys,
        NewApiKeys made,
        DuplicateSubmitGuard once,
        HttpContext context,
        TimeProvider time
    ) =>
        ConsoleForms.Try(
            () =>
                once.Do(
                    context,
                    parameters,
                    async () =>
                    {
                        var owner = context.Actor().Name;
                        var (key, text) = await keys.Make(
                            context.Actor(),
                            owner,
                            ConsoleForms.Typed(parameters, "name", "a name"),
                            EndOf(parameters, time)
                        );
                        return ($"{ListPath}?{Made}={made.Keep(owner, text)}", $"API key {key.Name} was created.");
                    }
                ),
            problem => List(parameters, keys, context, null, problem)
        );

    private static DateTimeOffset? EndOf(ApiParameters parameters, TimeProvider time) =>
        parameters.Text("expires_days") is { } days
            ? time.GetUtcNow().AddDays(ApiParameters.Number(days, "the number of days", 1, ApiKeyEndpoints.MaxDays))
            : null;

    private static Task<IResult> Revoke(string id, ApiParameters parameters, ApiKeyStore keys, HttpContext context)
    {
        var key = Get(keys, id, context);
        return ConsoleForms.Try(
            async () =>
            {
                ConsoleForms.MustBeSure(parameters);
                await keys.Revoke(context.Actor(), id, context.WhoseOrAll());
                return ConsoleRoutes.Back(context, ListPath, $"API key {key.Name} was revoked.");
            },
            problem => One(key, problem)
        );
    }

    private static IResult List(
        ApiParameters parameters,
        ApiKeyStore keys,
        HttpContext context,
        string? made,
        string? problem
    )
    {
        var user = context.WhoseOrAll() ?? parameters.Text("user");
        var all = keys.List(user);
        var offset = Paging.Start(Paging.Asked(parameters), all.Count, PageSize);
        return ConsoleRoutes.Show<ApiKeysPage, ApiKeysModel>(
            new ApiKeysModel([.. all.Skip(offset).Take(PageSize)], user, all.Count, offset, PageSize)
            {
                Made = made,
                Name = made is null ? parameters.Text("name") : null,
                Days = made is null ? parameters.Text("expires_days") : null,
                Problem = problem,
            },
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest
        );
    }

    private static IResult One(ApiKey key, string? problem) =>
        ConsoleRoutes.Show<ApiKeyPage, ApiKeyModel>(
            new ApiKeyModel(key, problem),
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest
        );

    /// <summary>Somebody else's key is as unknown as none, but to admins.</summary>
    private static ApiKey Get(ApiKeyStore keys, string id, HttpContext context) =>
        keys.List(context.WhoseOrAll()).FirstOrDefault(key => key.KeyId == id)
        ?? throw new RefusedException(Refusal.NotFound, "API key not found");
}

/// <summary>What the page of API keys shows.</summary>
/// <param name="Keys">Keys of this page.</param>
/// <param name="User">Whose they are; null for all.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Offset">How many were passed over.</param>
/// <param name="Size">Most of a page.</param>
internal sealed record ApiKeysModel(IReadOnlyList<ApiKey> Keys, string? User, int Total, int Offset, int Size)
{
    /// <summary>A key that was just made: all of it, this once.</summary>
    public string? Made { get; init; }

    /// <summary>Name in the form.</summary>
    public string? Name { get; init; }

    /// <summary>Days in the form.</summary>
    public string? Days { get; init; }

    /// <summary>Why none was made.</summary>
    public string? Problem { get; init; }
}

/// <summary>What the page of one API key shows.</summary>
/// <param name="Key">The key.</param>
/// <param name="Problem">Why it was not revoked.</param>
internal sealed record ApiKeyModel(ApiKey Key, string? Problem);
