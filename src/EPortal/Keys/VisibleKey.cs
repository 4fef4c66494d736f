namespace EPortal.Keys;

/// <summary>
/// The key that counts for a server, as SQL. A server names the key that it registered with by id; where two nodes each
/// made a key of that name, one of them is shadowed, and the visible one counts for the servers of both.
/// </summary>
internal static class VisibleKey
{
    /// <summary>Joins it as <c>k</c>.</summary>
    /// <param name="id">Column with the id of the key that a server names.</param>
    public static string Join(string id) => $"JOIN key own ON own.id = {id} {OfOwn}";

    /// <summary>Joins it as <c>k</c> to the key <c>own</c>.</summary>
    public const string OfOwn = "JOIN key k ON k.name = own.name AND k.shadowed = 0";

    /// <summary>The ids of all keys of the name of the key <c>@Id</c>: whose servers its servers are.</summary>
    public const string Ids = "(SELECT own.id FROM key one JOIN key own ON own.name = one.name WHERE one.id = @Id)";
}
