using Dapper;
using EPortal.Data;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>What the patch source lists, as this node saw it last. Helpers of transactions.</summary>
internal static class Listing
{
    /// <summary>Replaces the list.</summary>
    public static void Replace(Session session, IEnumerable<RepositoryEntry> entries)
    {
        session.Execute("DELETE FROM source_patchset");
        foreach (var entry in entries)
            session.Execute(
                """
                INSERT INTO source_patchset (name, product, released, channel, distros, archive, size, sha256, manifest_sha256, state)
                VALUES (@name, @product, @released, @channel, @distros, @archive, @size, @sha256, @manifest, @state)
                """,
                ("@name", entry.Name),
                ("@product", entry.Product.Token()),
                ("@released", UnixMicros.Of(entry.Released)),
                ("@channel", entry.Channel),
                ("@distros", string.Join(' ', entry.Distros)),
                ("@archive", entry.Archive),
                ("@size", entry.Size),
                ("@sha256", entry.Sha256),
                ("@manifest", entry.ManifestSha256),
                ("@state", entry.State.Token())
            );
    }

    /// <summary>The entry of that name.</summary>
    public static RepositoryEntry? FindOrNull(Session session, Product product, string name) =>
        All(session).SingleOrDefault(entry => entry.Product == product && entry.Name == name);

    /// <summary>All entries, oldest first.</summary>
    public static IReadOnlyList<RepositoryEntry> All(Session session) =>
        [
            .. session
                .Connection.Query<Row>(
                    "SELECT name, product, released, channel, distros, archive, size, sha256, manifest_sha256, state FROM source_patchset ORDER BY released, name"
                )
                .Select(row => row.ToEntry()),
        ];

    /// <summary>Distributions of its kernel patchsets.</summary>
    public static IReadOnlyList<string> Distros(Session session) =>
        [
            .. session
                .Connection.Query<string>("SELECT DISTINCT distros FROM source_patchset WHERE product = 'kernel'")
                .SelectMany(distros => distros.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];

    private sealed record Row(
        string Name,
        string Product,
        long Released,
        string Channel,
        string Distros,
        string Archive,
        long Size,
        string Sha256,
        string ManifestSha256,
        string State
    )
    {
        public RepositoryEntry ToEntry() =>
            new()
            {
                Product = Products.TryParse(Product, out var product) ? product : throw Unknown(Product),
                Name = Name,
                Released = UnixMicros.ToTime(Released),
                Channel = Channel,
                Distros = Distros.Split(' ', StringSplitOptions.RemoveEmptyEntries),
                Archive = Archive,
                Size = Size,
                Sha256 = Sha256,
                ManifestSha256 = ManifestSha256,
                State = RepositoryStates.TryParse(State, out var state) ? state : throw Unknown(State),
            };

        private static StoreException Unknown(string what) =>
            new(StoreError.Unusable, $"unknown word '{what}' in the stored list of the patch source");
    }
}
