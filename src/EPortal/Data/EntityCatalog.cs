namespace EPortal.Data;

/// <summary>All kinds of replicated entities of this program, by name.</summary>
internal sealed class EntityCatalog(IEnumerable<EntityType> types)
{
    private readonly Dictionary<string, EntityType> _types = types
        .Append(UserLog.Entity)
        .ToDictionary(type => type.Name, StringComparer.Ordinal);

    /// <summary>The types, in no order.</summary>
    public IReadOnlyCollection<EntityType> Types => _types.Values;

    /// <summary>The type an operation speaks of.</summary>
    /// <exception cref="StoreException">This version does not know it.</exception>
    public EntityType Get(string name) =>
        _types.TryGetValue(name, out var type)
            ? type
            : throw new StoreException(
                StoreError.UnknownOperation,
                $"this version does not know entity '{name}'; update it"
            );

    /// <summary>The pairs that <paramref name="type"/> is one half of.</summary>
    public IEnumerable<EntityType> PairsWith(EntityType type) => _types.Values.Where(pair => pair.Joins.Contains(type));
}
