using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using EPortal.Data;

namespace EPortal.Servers;

/// <summary>
/// What the counts of a preview were made from: what feeds offer, and which key follows which feed. What was agreed to
/// at one stamp is not done at another. That hosts call meanwhile makes no difference, else nothing could be agreed to
/// in a fleet that is alive.
/// </summary>
internal static class PreviewStamp
{
    /// <summary>Parameter that carries the stamp of what somebody agreed to.</summary>
    public const string Parameter = "seen";

    /// <summary>What is said where the stamp is another.</summary>
    public const string Moved = "nothing changed: the offers changed after this preview; check the new preview";

    /// <summary>The stamp of a snapshot.</summary>
    public static string Of(Session session)
    {
        var keys = session.Connection.Query<string>(
            "SELECT id || ' ' || name || ' ' || shadowed || ' ' || feed || ' ' || products FROM key ORDER BY id"
        );
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', keys)));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Node.Read(session).OfferRevision}.{Convert.ToHexStringLower(digest[..8])}"
        );
    }

    /// <summary>Ends a change of which the preview does not hold any more.</summary>
    /// <exception cref="RefusedException">The stamp is another.</exception>
    public static void MustBe(string? seen, Session session)
    {
        if (seen != Of(session))
            throw new RefusedException(Refusal.Conflict, Moved);
    }
}
