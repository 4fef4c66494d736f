using EPortal.Data;

namespace EPortal.Accounts;

/// <summary>Somebody who may log in.</summary>
/// <param name="Id">Entity id, the same on every node.</param>
/// <param name="Name">Unique.</param>
/// <param name="Description">Free text.</param>
/// <param name="IsAdmin">May change things; others read.</param>
internal sealed record User(string Id, string Name, string Description, bool IsAdmin)
{
    /// <summary>
    /// How the store sees it: a demotion is a hold, so it survives any promotion that did not see it.
    /// </summary>
    public static readonly EntityType Entity = new("account", "name", "description", "password", "admin", "identity")
    {
        NamedBy = ["name"],
        IdentifiedBy = "identity",
        CanBeHeld = true,
    };

    /// <summary>
    /// The identity at the external system that confirms it, as in <see cref="ExternalIdentity"/>; null for a local
    /// account.
    /// </summary>
    public string? Identity { get; init; }

    /// <summary>When its fields were written; another text after each change.</summary>
    public string Stamps { get; init; } = "";

    /// <summary>Whether it logs in here with a password of its own.</summary>
    public bool IsLocal => Identity is null;

    /// <summary>Who checks that it is them, for people.</summary>
    public string Origin =>
        Identity switch
        {
            null => "local",
            _ when Identity.StartsWith(ExternalIdentity.LdapPrefix, StringComparison.Ordinal) => "LDAP",
            _ => "SSO",
        };

    /// <summary>Its fields.</summary>
    public StoredFields Stored() => FieldsOf($"{Id} {Stamps}", Description, !IsAdmin);

    /// <summary>Fields of a user, as stored or as typed.</summary>
    public static StoredFields FieldsOf(string id, string description, bool isReadOnly) =>
        new(id) { { "description", "Description", description }, { "readonly", "Read-only", isReadOnly } };

    /// <summary>Name of its role in API and command line.</summary>
    public string Role => IsAdmin ? "admin" : "readonly";
}

/// <summary>Values to give a user; what is null stays as it is, or takes its default.</summary>
internal sealed record UserSettings(string? Password = null, bool? IsAdmin = null, string? Description = null);
