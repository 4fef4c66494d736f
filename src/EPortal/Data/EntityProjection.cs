namespace EPortal.Data;

/// <summary>
/// Keeps tables that are derived from the rows of one kind of entity, in the transaction that writes those: every
/// process that changes entities keeps them, and a change that fails leaves them as they were.
/// </summary>
internal abstract class EntityProjection
{
    /// <summary>An entity was created, or some of its fields were set.</summary>
    /// <param name="change">The change that did it.</param>
    /// <param name="id">Its id.</param>
    /// <param name="fields">The fields that were written.</param>
    public abstract void Written(Change change, string id, IReadOnlyList<string> fields);

    /// <summary>An entity is about to be deleted; its row is still there.</summary>
    public abstract void Deleting(Change change, string id);
}
