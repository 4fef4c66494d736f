using System.Buffers.Binary;
using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace EPortal.Data.Sqlite;

/// <summary>
/// Which installation a database belongs to: a hash of its instance id in the header (<c>PRAGMA application_id</c>, 32
/// bits), where copies and backups keep it. It is no secret and no proof; it tells apart what was mixed up.
/// </summary>
internal static class SqliteOwner
{
    /// <summary>Whether it belongs to an installation; one that belonged to nobody does from now on.</summary>
    public static bool Is(DbConnection writer, string instanceId)
    {
        var owner = Number(instanceId);
        if (Read(writer) is var current && current != 0)
            return current == owner;
        Set(writer, instanceId);
        return true;
    }

    /// <summary>Whether a database that nobody uses belongs to an installation or to nobody.</summary>
    public static bool MayBe(string path, string instanceId)
    {
        using var connection = SqliteStore.OpenPlain(path);
        return Read(connection) is var current && (current == 0 || current == Number(instanceId));
    }

    /// <summary>Gives it to an installation.</summary>
    public static void Set(DbConnection writer, string instanceId)
    {
        using var command = writer.CreateCommand();
        // A pragma takes no parameters.
        command.CommandText = string.Create(
            CultureInfo.InvariantCulture,
            $"PRAGMA application_id={Number(instanceId)}"
        );
        command.ExecuteNonQuery();
    }

    private static long Read(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA application_id";
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>Positive and never 0, which stands for nobody.</summary>
    private static int Number(string instanceId) =>
        (BinaryPrimitives.ReadInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(instanceId))) & int.MaxValue) | 1;
}
