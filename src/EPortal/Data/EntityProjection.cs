namespace EPortal.Data;

/// <summary>
/// Keeps tables that are derived from the rows of one kind of entity, in the transaction that writes those: every
/// process that changes entities keeps them, and a change that fails leaves them as they were.
/// </summary>
internal abstract class EntityProjection
{
    /// <summary>An entity was created, some of its fields were set, or its holds changed.</summary>
    /// <param name="change">The change that did it.</param>
    /// <param name="id">Its id.</param>
    /// <param name="fields">The fields that were written; none for holds.</param>
    public abstract void Written(Change change, string id, IReadOnlyList<string> fields);

    /// <summary>An entity is about to be deleted; its row is still there.</summary>
    public abstract void Deleting(Change change, string id);

    /// <summary>Several living entities have one name, and one of them is visible.</summary>
    /// <param name="change">The change that made it so.</param>
    /// <param name="visible">The visible one.</param>
    /// <param name="shadowed">The others.</param>
    public virtual void Shadowed(Change change, string visible, IReadOnlyList<string> shadowed) { }
}
