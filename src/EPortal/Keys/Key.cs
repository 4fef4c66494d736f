using System.Globalization;
using EPortal.Data;
using EPortal.Format;

namespace EPortal.Keys;

/// <summary>A registration key.</summary>
/// <param name="Id">Entity id, the same on every node.</param>
/// <param name="Name">What is typed at registration; unique.</param>
/// <param name="Note">Free text.</param>
/// <param name="Feed">Name of the feed its servers follow.</param>
/// <param name="ServerLimit">Maximum number of servers; 0 for no limit.</param>
/// <param name="Products">Products its servers may have patches of.</param>
internal sealed record Key(
    string Id,
    string Name,
    string Note,
    string Feed,
    long ServerLimit,
    IReadOnlyList<Product> Products
)
{
    /// <summary>How the store sees it.</summary>
    public static readonly EntityType Entity = new("key", "name", "note", "feed", "server_limit", "products")
    {
        NamedBy = ["name"],
    };

    /// <summary>Its fields.</summary>
    public StoredFields Stored() =>
        FieldsOf(Id, Note, Feed, ServerLimit.ToString(CultureInfo.InvariantCulture), Products);

    /// <summary>The same of what is typed.</summary>
    public static StoredFields FieldsOf(
        string id,
        string note,
        string feed,
        string serverLimit,
        IEnumerable<Product> products
    ) =>
        new(id)
        {
            { "note", "Description", note },
            { "feed", "Feed", feed },
            { "server_limit", "Server limit", serverLimit },
            { "products", "Products", AllowedProducts.ToText(products) },
        };

    /// <summary>Shown to users who may not see its name.</summary>
    public string Label => LabelOf(Id, Note);

    /// <summary>The same of a key of that id and note.</summary>
    public static string LabelOf(string id, string note) => string.IsNullOrWhiteSpace(note) ? $"key {id}" : note;
}

/// <summary>Values to give a key; what is null stays as it is, or takes its default.</summary>
internal sealed record KeySettings(
    string? Note = null,
    string? Feed = null,
    long? ServerLimit = null,
    IReadOnlyList<Product>? Products = null
);
