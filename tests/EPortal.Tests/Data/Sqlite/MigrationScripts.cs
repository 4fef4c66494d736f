using System.Globalization;
using EPortal.Data;

namespace EPortal.Tests.Data.Sqlite;

/// <summary>The scripts of the schema, as they are in the program.</summary>
internal static class MigrationScripts
{
    private const string Folder = ".Data.Sqlite.Migrations.";

    /// <summary>Number and resource of each, in order.</summary>
    public static IReadOnlyList<(int Number, string Name)> All { get; } =
    [
        .. typeof(Database)
            .Assembly.GetManifestResourceNames()
            .Where(name => name.Contains(Folder, StringComparison.Ordinal))
            .Select(name =>
                (
                    int.Parse(
                        name[(name.IndexOf(Folder, StringComparison.Ordinal) + Folder.Length)..][..4],
                        CultureInfo.InvariantCulture
                    ),
                    name
                )
            )
            .Order(),
    ];

    /// <summary>The SQL of one.</summary>
    public static string Read(string name)
    {
        using var reader = new StreamReader(typeof(Database).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
