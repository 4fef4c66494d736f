using EPortal.Api;
using EPortal.Data;

namespace EPortal.Servers;

/// <summary>The API's call that deletes a key with its servers.</summary>
internal static class KeyDeletionEndpoint
{
    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapApi(HttpMethods.Delete, "/keys/{key}", ApiRole.Admin, "Delete a key with all its servers", Delete);

    private static async Task<ApiResult<int>> Delete(string key, ServerStore servers, HttpContext context)
    {
        try
        {
            await servers.DeleteKey(context.Actor(), key);
            return new ApiResult<int>(1);
        }
        catch (RefusedException e) when (e.Reason == Refusal.NotFound)
        {
            return new ApiResult<int>(0);
        }
    }
}
