using EPortal.Accounts.Sessions;
using EPortal.Api;
using EPortal.Data;
using EPortal.WebConsole;

namespace EPortal.Accounts;

/// <summary>What the page of all users shows.</summary>
/// <param name="Users">Users of this page.</param>
/// <param name="Use">What each has, by name; nothing where it is left out.</param>
/// <param name="Search">What their names or descriptions hold; null for all.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Offset">How many were passed over.</param>
/// <param name="Size">Most of a page.</param>
internal sealed record UsersModel(
    IReadOnlyList<User> Users,
    IReadOnlyDictionary<string, UserUse> Use,
    string? Search,
    int Total,
    int Offset,
    int Size
);

/// <summary>What the page of one user shows.</summary>
/// <param name="Form">The form as it is filled in.</param>
/// <param name="Version">Which version of the user the form shows.</param>
/// <param name="Use">What the user has.</param>
/// <param name="MinPassword">Fewest characters of a password.</param>
/// <param name="Problem">Why it was not saved.</param>
internal sealed record UserModel(UserForm Form, FormVersion Version, UserUse Use, int MinPassword, string? Problem);

/// <summary>What a user has.</summary>
/// <param name="Sessions">Logins that last.</param>
/// <param name="ApiKeys">Keys of the API.</param>
internal sealed record UserUse(int Sessions, int ApiKeys)
{
    /// <summary>Nothing.</summary>
    public static readonly UserUse None = new(0, 0);

    /// <summary>What one user has.</summary>
    public static UserUse Of(SessionStore sessions, ApiKeyStore keys, string user) =>
        new(sessions.List(user).Count, keys.List(user).Count);

    /// <summary>What all users have, by name.</summary>
    public static IReadOnlyDictionary<string, UserUse> Of(SessionStore sessions, ApiKeyStore keys)
    {
        var logins = sessions.List(null).CountBy(session => session.User.Name).ToDictionary(StringComparer.Ordinal);
        var keysOf = keys.List(null).CountBy(key => key.Account).ToDictionary(StringComparer.Ordinal);
        return logins
            .Keys.Union(keysOf.Keys)
            .ToDictionary(
                name => name,
                name => new UserUse(logins.GetValueOrDefault(name), keysOf.GetValueOrDefault(name)),
                StringComparer.Ordinal
            );
    }
}

/// <summary>The form of a user as it is filled in; without the password, which no page gives back.</summary>
internal sealed record UserForm
{
    /// <summary>Name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Whether the user is to be made.</summary>
    public bool IsNew { get; init; } = true;

    /// <summary>The user as stored; null for a new one.</summary>
    public User? User { get; init; }

    /// <summary>Description.</summary>
    public string Description { get; init; } = "";

    /// <summary>Whether the user may read only. Who is to change things is made an admin on purpose.</summary>
    public bool IsReadOnly { get; init; } = true;

    /// <summary>The same when the page was shown.</summary>
    public bool WasReadOnly { get; init; }

    /// <summary>The form of a user that is there.</summary>
    public static UserForm Of(User user) =>
        new()
        {
            Name = user.Name,
            IsNew = false,
            User = user,
            Description = user.Description,
            IsReadOnly = !user.IsAdmin,
            WasReadOnly = !user.IsAdmin,
        };

    /// <summary>Its values, field by field.</summary>
    public StoredFields Typed() => Accounts.User.FieldsOf("", Description, IsReadOnly);

    /// <summary>The form that was sent.</summary>
    public static UserForm Read(ApiParameters parameters) =>
        new()
        {
            Name = parameters.Text("username") ?? "",
            Description = parameters.Raw("description") ?? "",
            IsReadOnly = parameters.Flag("readonly") ?? false,
            WasReadOnly = parameters.Flag("was_readonly") ?? false,
        };
}
