using Dapper;

namespace EPortal.Data;

/// <summary>This node's own row.</summary>
internal sealed record Node(string Origin, long Sequence, long Stamp, long Revision, long OfferRevision)
{
    /// <summary>Reads it as of the session's snapshot.</summary>
    public static Node Read(Session session)
    {
        using var row = session.Query(
            """
            SELECT node.origin, coalesce(v.sequence, 0), stamp, revision, offer_revision
            FROM node LEFT JOIN version_vector v ON v.origin = node.origin
            """);
        row.Read();
        return new Node(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4));
    }

    /// <summary>Writes what has moved since <paramref name="before"/>, its part of the version vector included.</summary>
    public void Write(Session session, Node before)
    {
        if (this == before)
            return;
        session.Execute(
            "UPDATE node SET stamp = @stamp, revision = @revision, offer_revision = @offers",
            ("@stamp", Stamp), ("@revision", Revision), ("@offers", OfferRevision));
        if (Sequence != before.Sequence)
            VersionVector.Advance(session, Origin, Sequence);
    }
}

/// <summary>What this node has received of each origin.</summary>
internal static class VersionVector
{
    /// <summary>The last sequence received of <paramref name="origin"/>; 0 for an unknown one.</summary>
    public static long Last(Session session, string origin) =>
        (long?)session.Scalar("SELECT sequence FROM version_vector WHERE origin = @origin", ("@origin", origin)) ?? 0;

    /// <summary>Notes that all up to <paramref name="sequence"/> is here.</summary>
    public static void Advance(Session session, string origin, long sequence) => session.Execute(
        """
        INSERT INTO version_vector (origin, sequence) VALUES (@origin, @sequence)
        ON CONFLICT (origin) DO UPDATE SET sequence = excluded.sequence
        """,
        ("@origin", origin), ("@sequence", sequence));

    /// <summary>The whole vector.</summary>
    public static IReadOnlyDictionary<string, long> All(Session session) =>
        session.Connection.Query<(string Origin, long Sequence)>("SELECT origin, sequence FROM version_vector")
            .ToDictionary(row => row.Origin, row => row.Sequence, StringComparer.Ordinal);
}
