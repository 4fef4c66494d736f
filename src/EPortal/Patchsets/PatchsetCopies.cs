using EPortal.Data;

namespace EPortal.Patchsets;

/// <summary>
/// What this node has of a patchset (<c>patchset_copy</c>, <c>patchset_target</c>) goes with the visible one of its
/// name. Nodes that sync the same source each record the patchset for themselves, and which of these is visible must
/// make no difference to what is here. Where the visible one has another manifest, what is here is not a copy of it.
/// </summary>
internal sealed class PatchsetCopies : EntityProjection
{
    /// <inheritdoc/>
    public override void Written(Change change, string id, IReadOnlyList<string> fields) { }

    /// <inheritdoc/>
    public override void Deleting(Change change, string id)
    {
        if (
            change.Session.Scalar(
                """
                SELECT min(other.id) FROM patchset one
                JOIN patchset other ON other.product = one.product AND other.name = one.name
                  AND other.manifest_sha256 = one.manifest_sha256 AND other.id <> one.id
                WHERE one.id = @id
                """,
                ("@id", id)
            )
            is string heir
        )
            Move(change.Session, id, heir);
    }

    /// <inheritdoc/>
    public override void Shadowed(Change change, string visible, IReadOnlyList<string> shadowed)
    {
        foreach (var other in shadowed)
            Move(change.Session, other, visible);
    }

    private static void Move(Session session, string from, string to)
    {
        if (
            session.Execute(
                """
                INSERT INTO patchset_copy (patchset, available_at, whole, archive_size, archive_sha256)
                SELECT own.id, c.available_at, c.whole, c.archive_size, c.archive_sha256
                FROM patchset_copy c JOIN patchset was ON was.id = c.patchset
                JOIN patchset own ON own.id = @to AND own.manifest_sha256 = was.manifest_sha256
                WHERE c.patchset = @from AND NOT EXISTS (SELECT 1 FROM patchset_copy has WHERE has.patchset = @to)
                """,
                ("@from", from),
                ("@to", to)
            ) == 0
        )
            return;
        session.Execute(
            "UPDATE patchset_target SET patchset = @to WHERE patchset = @from",
            ("@from", from),
            ("@to", to)
        );
        session.Execute("DELETE FROM patchset_copy WHERE patchset = @from", ("@from", from));
    }
}
