using Dapper;

namespace EPortal.Data;

/// <summary>This node's own row.</summary>
/// <param name="Origin">This node.</param>
/// <param name="Sequence">Sequence of its own last operation.</param>
/// <param name="Hash">Hash of that operation (<see cref="OperationHash"/>); empty when it is not known.</param>
/// <param name="Stamp">The hybrid clock's last stamp.</param>
/// <param name="Revision">Moves with every change.</param>
/// <param name="OfferRevision">Moves with every change that can alter what a feed offers.</param>
internal sealed record Node(string Origin, long Sequence, string Hash, long Stamp, long Revision, long OfferRevision)
{
    /// <summary>Reads it as of the session's snapshot.</summary>
    public static Node Read(Session session)
    {
        using var row = session.Query(
            """
            SELECT node.origin, coalesce(v.sequence, 0), coalesce(v.hash, ''), stamp, revision, offer_revision
            FROM node LEFT JOIN version_vector v ON v.origin = node.origin
            """
        );
        row.Read();
        return new Node(
            row.GetString(0),
            row.GetInt64(1),
            row.GetString(2),
            row.GetInt64(3),
            row.GetInt64(4),
            row.GetInt64(5)
        );
    }

    /// <summary>
    /// Writes what has moved since <paramref name="before"/>, its part of the version vector included.
    /// </summary>
    public void Write(Session session, Node before)
    {
        if (this == before)
            return;
        session.Execute(
            "UPDATE node SET stamp = @stamp, revision = @revision, offer_revision = @offers",
            ("@stamp", Stamp),
            ("@revision", Revision),
            ("@offers", OfferRevision)
        );
        if (Sequence != before.Sequence)
            VersionVector.Advance(session, Origin, Sequence, Hash);
    }
}

/// <summary>What this node has received of each origin.</summary>
internal static class VersionVector
{
    /// <summary>The last sequence received of <paramref name="origin"/>; 0 for an unknown one.</summary>
    public static long Last(Session session, string origin) =>
        (long?)session.Scalar("SELECT sequence FROM version_vector WHERE origin = @origin", ("@origin", origin)) ?? 0;

    /// <summary>
    /// Hash of the last operation received of <paramref name="origin"/>; empty where it is not known.
    /// </summary>
    public static string Hash(Session session, string origin) =>
        (string?)session.Scalar("SELECT hash FROM version_vector WHERE origin = @origin", ("@origin", origin)) ?? "";

    /// <summary>Notes that all up to <paramref name="sequence"/> is here, and the hash of that operation.</summary>
    public static void Advance(Session session, string origin, long sequence, string hash) =>
        session.Execute(
            """
            INSERT INTO version_vector (origin, sequence, hash) VALUES (@origin, @sequence, @hash)
            ON CONFLICT (origin) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash
            """,
            ("@origin", origin),
            ("@sequence", sequence),
            ("@hash", hash)
        );

    /// <summary>Notes from which sequence on all operations of <paramref name="origin"/> are kept here.</summary>
    public static void KeepFrom(Session session, string origin, long sequence) =>
        session.Execute(
            "UPDATE version_vector SET kept_from = @sequence WHERE origin = @origin",
            ("@origin", origin),
            ("@sequence", sequence)
        );

    /// <summary>
    /// From this sequence on all operations of <paramref name="origin"/> are kept here; older ones have been deleted.
    /// </summary>
    public static long KeptFrom(Session session, string origin) =>
        (long?)session.Scalar("SELECT kept_from FROM version_vector WHERE origin = @origin", ("@origin", origin)) ?? 1;

    /// <summary>The whole vector.</summary>
    public static IReadOnlyDictionary<string, long> All(Session session) =>
        session
            .Connection.Query<(string Origin, long Sequence)>("SELECT origin, sequence FROM version_vector")
            .ToDictionary(row => row.Origin, row => row.Sequence, StringComparer.Ordinal);
}
