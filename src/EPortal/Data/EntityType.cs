namespace EPortal.Data;

/// <summary>
/// What the change log must know of a kind of replicated entity. Each feature declares its own beside its rules;
/// the table has the columns <c>id, stamp, stamps</c> and one a field (<c>shadowed</c> and <c>held</c> as said below).
/// </summary>
/// <param name="Name">Name in operations; also that of the table.</param>
/// <param name="Fields">Columns that operations may set.</param>
internal sealed record EntityType(string Name, params string[] Fields)
{
    /// <summary>
    /// Fields that together name the entity to people. Of several live entities of one name the one named last is
    /// visible; the others carry <c>shadowed = 1</c> and neither authenticate nor serve.
    /// </summary>
    public IReadOnlyList<string> NamedBy { get; init; } = [];

    /// <summary>
    /// A field that says who an entity is outside; null for none. Of several of one name and one such identity the
    /// oldest is visible: they were made by themselves, and the later ones know less.
    /// </summary>
    public string? IdentifiedBy { get; init; }

    /// <summary>Whether holds can be put on it; the column <c>held</c> then says that there is at least one.</summary>
    public bool CanBeHeld { get; init; }

    /// <summary>Whether a change of it can change what a feed offers.</summary>
    public bool ShapesOffers { get; init; }

    /// <summary>Keeps the tables that are derived from its rows; null where there are none.</summary>
    public EntityProjection? Projection { get; init; }

    /// <summary>
    /// For the state of a pair (a patchset on a feed): the two types it joins. Its id is <c>ID/ID</c>, in columns named
    /// after the types; it is not created or deleted by itself but lives while both do.
    /// </summary>
    public IReadOnlyList<EntityType> Joins { get; init; } = [];

    /// <summary>Whether it is the state of a pair.</summary>
    public bool IsPair => Joins.Count > 0;

    /// <summary>
    /// SQL for more than 0 where an entity or another of its name is held: which one is visible must not decide
    /// whether a hold counts.
    /// </summary>
    /// <param name="alias">What the entity's table is called in the query.</param>
    public string HeldSql(string alias) =>
        $"(SELECT max(same.held) FROM {Name} same WHERE {string.Join(" AND ", NamedBy.Select(field => $"same.{field} = {alias}.{field}"))})";

    /// <summary>The entities that must be known before an operation on <paramref name="id"/> can be judged.</summary>
    public string[] EntitiesOf(string id) => IsPair ? id.Split('/') : [id];

    /// <summary>The id of the pair of <paramref name="first"/> and <paramref name="second"/>.</summary>
    public static string PairId(string first, string second) => $"{first}/{second}";
}
