using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using EPortal.Api;

namespace EPortal.Accounts;

/// <summary>The API's calls on users.</summary>
internal static class UserEndpoints
{
    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapApi(
            HttpMethods.Get,
            "/users",
            ApiRole.Reader,
            "All users",
            (UserStore users) => new ApiResult<IReadOnlyList<UserRow>>([.. users.List().Select(UserRow.From)])
        );
        routes.MapApi(
            HttpMethods.Post,
            "/users",
            ApiRole.Admin,
            "Create or change a local user",
            Save,
            new("username", "name to log in with", Required: true),
            new("password", "needed for a new user"),
            new("description", "free text"),
            new("readonly", "read-only; false for a new user", "boolean")
        );
        routes.MapApi(HttpMethods.Delete, "/users/{name}", ApiRole.Admin, "Delete a user with its API keys", Delete);
    }

    private static async Task<ApiResult<UserRow>> Save(ApiParameters parameters, UserStore users, HttpContext context)
    {
        var name = parameters.Required("username");
        var settings = new UserSettings(
            parameters.Text("password"),
            !parameters.Flag("readonly"),
            parameters.Raw("description")
        );
        return new ApiResult<UserRow>(UserRow.From(await users.Save(context.Actor(), name, settings)));
    }

    private static async Task<ApiResult<int>> Delete(string name, UserStore users, HttpContext context)
    {
        if (users.FindOrNull(name) is null)
            return new ApiResult<int>(0);
        await users.Delete(context.Actor(), name, keepAnAdmin: true);
        return new ApiResult<int>(1);
    }
}

/// <summary>A user for programs; the command line knows users by name, and tells no <c>id</c>.</summary>
internal sealed record UserRow(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long Id,
    string Username,
    string Description,
    bool Readonly
)
{
    /// <summary>The row of a user.</summary>
    public static UserRow From(User user) => new(Number(user.Id), user.Name, user.Description, !user.IsAdmin);

    /// <summary>The row of a user without its id.</summary>
    public static UserRow ByName(User user) => From(user) with { Id = 0 };

    /// <summary>
    /// Programs expect a number: 48 bits of a hash of the entity id, the same on every node and exact in a double.
    /// </summary>
    private static long Number(string id) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(id))) >>> 16;
}
