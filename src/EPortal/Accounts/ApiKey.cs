using EPortal.Data;

namespace EPortal.Accounts;

/// <summary>A key by which a program calls the API in the name of an account, with that account's rights.</summary>
internal sealed record ApiKey
{
    /// <summary>How the store sees it.</summary>
    public static readonly EntityType Entity = new(
        "api_key",
        "key_id",
        "account",
        "name",
        "hash",
        "created",
        "expires"
    );

    /// <summary>Entity id, the same on every node.</summary>
    public required string Id { get; init; }

    /// <summary>The part of it that is no secret: 12 letters and digits.</summary>
    public required string KeyId { get; init; }

    /// <summary>Name of its account.</summary>
    public required string Account { get; init; }

    /// <summary>What it is for.</summary>
    public required string Name { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>When this node last saw it used, to the minute.</summary>
    public DateTimeOffset? LastUsed { get; init; }

    /// <summary>From where it was used then.</summary>
    public string? LastAddress { get; init; }
}
