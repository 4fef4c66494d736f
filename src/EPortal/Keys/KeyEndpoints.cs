using EPortal.Api;
using EPortal.Data;
using EPortal.Format;

namespace EPortal.Keys;

/// <summary>The API's calls on keys; deleting one is with the servers, which go with it.</summary>
internal static class KeyEndpoints
{
    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapApi(
            HttpMethods.Get,
            "/keys",
            ApiRole.Reader,
            "List keys",
            (KeyStore keys, FleetSecrets secrets, HttpContext context) =>
                new ApiResult<IReadOnlyList<KeyRow>>([
                    .. keys.List()
                        .Select(key =>
                            secrets.AreInCallsFor(context) ? KeyRow.From(key) : KeyRow.From(key) with { Key = "" }
                        ),
                ])
        );
        routes.MapApi(
            HttpMethods.Post,
            "/keys",
            ApiRole.Admin,
            "Create or change a key",
            Save,
            new("key", "its name; random by default"),
            new("feed", "name of the feed its servers follow; main for a new key"),
            new("note", "description"),
            new("server_limit", "maximum number of servers; 0 for no limit", "integer"),
            new("products", "product that its servers get patches of; all for a new key", Repeatable: true)
        );
    }

    private static async Task<ApiResult<KeyRow>> Save(ApiParameters parameters, KeyStore keys, HttpContext context)
    {
        var settings = new KeySettings(
            parameters.Raw("note"),
            parameters.Text("feed"),
            parameters.Number("server_limit", 0, int.MaxValue),
            ProductsOf(parameters)
        );
        return new ApiResult<KeyRow>(KeyRow.From(await keys.Save(context.Actor(), parameters.Text("key"), settings)));
    }

    private static List<Product>? ProductsOf(ApiParameters parameters)
    {
        var tokens = parameters
            .Texts("products")
            .SelectMany(text => text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
            .ToList();
        return tokens.Count == 0
            ? null
            :
            [
                .. tokens.Select(token =>
                    Products.TryParse(token, out var product)
                        ? product
                        : throw new RefusedException(
                            Refusal.Invalid,
                            $"invalid product '{token}': use {string.Join(", ", Products.All.Select(known => known.Token()))}"
                        )
                ),
            ];
    }
}

/// <summary>A key for programs; no limit is 0.</summary>
internal sealed record KeyRow(string Key, string Feed, string Note, long ServerLimit, IReadOnlyList<string> Products)
{
    /// <summary>The row of a key.</summary>
    public static KeyRow From(Key key) =>
        new(key.Name, key.Feed, key.Note, key.ServerLimit, [.. key.Products.Select(product => product.Token())]);
}
