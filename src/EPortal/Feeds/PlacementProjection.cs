using EPortal.Data;

namespace EPortal.Feeds;

/// <summary>
/// Keeps <c>placement_state</c>: the state of a patchset on a feed by their names. A placement belongs to one feed and
/// one patchset by their ids; of each there may be several of one name, made by nodes that could not see each other.
/// Whichever of these is visible, what was written last counts, and every hold. Names of feeds and patchsets never
/// change.
/// </summary>
internal sealed class PlacementProjection : EntityProjection
{
    /// <inheritdoc/>
    public override void Written(Change change, string id, IReadOnlyList<string> fields) =>
        Write(change.Session, id, without: "");

    /// <inheritdoc/>
    public override void Deleting(Change change, string id) => Write(change.Session, id, without: id);

    private static void Write(Session session, string id, string without)
    {
        if (Name.ReadOrNull(session, id) is not { } name)
            return;
        var (last, enabled, held, any) = (Stamp.Never, 0L, 0L, false);
        using (
            var row = session.Query(
                """
                SELECT s.id, s.enabled, s.held, s.stamps FROM feed f
                JOIN patchset p ON p.product = @product AND p.name = @patchset
                JOIN placement s ON s.feed = f.id AND s.patchset = p.id
                WHERE f.name = @feed AND s.id <> @without
                """,
                [.. name.Parameters, ("@without", without)]
            )
        )
        {
            while (row.Read())
            {
                var written = FieldStamps.Parse(Stamp.Never, row.GetString(3)).Of("enabled");
                if (!any || written.IsAfter(last))
                    (last, enabled) = (written, row.GetInt64(1));
                (held, any) = (held + row.GetInt64(2), true);
            }
        }

        if (any)
            session.Execute(
                """
                INSERT INTO placement_state (feed, product, patchset, enabled, held)
                VALUES (@feed, @product, @patchset, @enabled, @held)
                ON CONFLICT (feed, product, patchset) DO UPDATE SET enabled = excluded.enabled, held = excluded.held
                """,
                [.. name.Parameters, ("@enabled", enabled), ("@held", held)]
            );
        else
            session.Execute(
                "DELETE FROM placement_state WHERE feed = @feed AND product = @product AND patchset = @patchset",
                name.Parameters
            );
    }

    /// <summary>What a placement is about.</summary>
    private sealed record Name(string Feed, string Product, string Patchset)
    {
        public (string, object?)[] Parameters => [("@feed", Feed), ("@product", Product), ("@patchset", Patchset)];

        public static Name? ReadOrNull(Session session, string id)
        {
            using var row = session.Query(
                """
                SELECT f.name, p.product, p.name FROM placement s
                JOIN feed f ON f.id = s.feed JOIN patchset p ON p.id = s.patchset WHERE s.id = @id
                """,
                ("@id", id)
            );
            return row.Read() ? new Name(row.GetString(0), row.GetString(1), row.GetString(2)) : null;
        }
    }
}
