using Dapper;
using EPortal.Data;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>The records of patchsets. Helpers of transactions; who changes something opens the transaction.</summary>
internal static class PatchsetStore
{
    /// <summary>Patchsets known here, then those that only the patch source lists.</summary>
    private static readonly string s_columns = $"""
        SELECT p.id, p.product, p.name, p.released, p.channel, p.distros, p.manifest_sha256, p.signed_by, c.available_at,
          coalesce(c.whole, 0) AS whole, {Patchset.Entity.HeldSql("p")} AS held, l.state, p.archive
        FROM patchset p LEFT JOIN patchset_copy c ON c.patchset = p.id
        LEFT JOIN source_patchset l ON l.name = p.name AND l.product = p.product
        WHERE p.shadowed = 0 AND p.product = @product AND (@name IS NULL OR p.name = @name)
        UNION ALL
        SELECT '', l.product, l.name, l.released, l.channel, l.distros, l.manifest_sha256, NULL, NULL, 0, 0, l.state, l.archive
        FROM source_patchset l
        WHERE l.product = @product AND (@name IS NULL OR l.name = @name)
          AND NOT EXISTS (SELECT 1 FROM patchset p WHERE p.product = l.product AND p.name = l.name AND p.shadowed = 0)
        """;

    /// <summary>The patchset of that name.</summary>
    public static Patchset? FindOrNull(Session session, Product product, string name) =>
        Query(session, product, name).SingleOrDefault();

    /// <summary>The patchset of that name.</summary>
    /// <exception cref="RefusedException">There is none.</exception>
    public static Patchset Get(Session session, Product product, string name) =>
        FindOrNull(session, product, name)
        ?? throw new RefusedException(Refusal.NotFound, $"{product.Token()} patchset '{name}' not found");

    /// <summary>All of a product, oldest first.</summary>
    public static IReadOnlyList<Patchset> List(Session session, Product product) =>
        [.. Query(session, product, null).Order()];

    /// <summary>Size and hash of the archive of a patchset that is here whole; null for another.</summary>
    public static FileEntry? ArchiveOrNull(Session session, string id)
    {
        using var row = session.Query(
            "SELECT archive_size, archive_sha256 FROM patchset_copy WHERE whole = 1 AND archive_sha256 IS NOT NULL AND patchset = @id",
            ("@id", id)
        );
        return row.Read() ? new FileEntry(row.GetInt64(0), row.GetString(1)) : null;
    }

    /// <summary>Records a patchset that is in place: with its archive, or with its manifest only.</summary>
    /// <exception cref="RefusedException">A patch in it is here already with other content.</exception>
    public static string Record(
        Change change,
        StagedPatchset staged,
        string manifestSha256,
        string archive,
        FileEntry? file
    )
    {
        var manifest = staged.Manifest;
        foreach (var target in manifest.Targets)
            RefuseOtherContent(change, target);
        var id = change.Create(
            Patchset.Entity,
            new Fields
            {
                { "product", manifest.Product.Token() },
                { "name", manifest.Name },
                { "released", UnixMicros.Of(manifest.Released) },
                { "channel", manifest.Channel },
                { "distros", string.Join(' ', manifest.Distros) },
                { "summary", manifest.Summary },
                { "changelog", manifest.Changelog },
                { "manifest_sha256", manifestSha256 },
                { "archive", archive },
                { "signed_by", staged.SignedBy?.KeyId },
            }
        );
        RecordCopy(change, id, manifest, file);
        return id;
    }

    /// <summary>Records that a patchset known from another node is here now.</summary>
    public static void RecordCopy(Change change, string id, Manifest manifest, FileEntry? file)
    {
        change.Session.Execute(
            """
            INSERT INTO patchset_copy (patchset, available_at, whole, archive_size, archive_sha256)
            VALUES (@id, @at, @whole, @size, @sha256)
            """,
            ("@id", id),
            ("@at", UnixMicros.Of(change.Now)),
            ("@whole", file is null ? 0 : 1),
            ("@size", file?.Size),
            ("@sha256", file?.Sha256)
        );
        foreach (var target in manifest.Targets)
            InsertTarget(change.Session, id, manifest.Product, target);
        change.OffersChanged();
    }

    /// <summary>
    /// Records that all files of a patchset are here that was known by its manifest. Since when it is available stays
    /// as it was.
    /// </summary>
    public static void SetWhole(Change change, Patchset patchset, string archive, FileEntry file)
    {
        change.Session.Execute(
            "UPDATE patchset_copy SET whole = 1, archive_size = @size, archive_sha256 = @sha256 WHERE patchset = @id",
            ("@id", patchset.Id),
            ("@size", file.Size),
            ("@sha256", file.Sha256)
        );
        if (patchset.Archive != archive)
            change.Update(Patchset.Entity, patchset.Id, new Fields { { "archive", archive } });
        change.OffersChanged();
        change.Note("patchset.download", patchset.Name);
    }

    /// <summary>
    /// Records the signer of a patchset that was imported unchecked. From then on its patches have the descriptions and
    /// signatures of their maker instead of the portal's.
    /// </summary>
    public static void SetSigner(Change change, Patchset patchset, StagedPatchset staged)
    {
        foreach (var target in staged.Manifest.Targets)
            change.Session.Execute(
                "UPDATE patchset_target SET files = @files WHERE patchset = @id AND target = @target",
                ("@files", FilesJson(target)),
                ("@id", patchset.Id),
                ("@target", target.Id)
            );
        change.Update(Patchset.Entity, patchset.Id, new Fields { { "signed_by", staged.SignedBy!.KeyId } });
        change.Note("patchset.verify", $"{patchset.Name}, signed by {staged.SignedBy.KeyId}");
    }

    /// <summary>Forgets a patchset on every feed and every node.</summary>
    public static void Delete(Change change, Patchset patchset) => change.Delete(Patchset.Entity, [patchset.Id]);

    private static IEnumerable<Patchset> Query(Session session, Product product, string? name) =>
        session
            .Connection.Query<Row>(s_columns, new { product = product.Token(), name })
            .Select(row => row.ToPatchset());

    private static void InsertTarget(Session session, string id, Product product, ManifestTarget target) =>
        session.Execute(
            """
            INSERT INTO patchset_target (patchset, product, target, level, distro, release, euname, machine, cves, files)
            VALUES (@patchset, @product, @target, @level, @distro, @release, @euname, @machine, @cves, @files)
            """,
            ("@patchset", id),
            ("@product", product.Token()),
            ("@target", target.Id),
            ("@level", target.Level),
            ("@distro", target.Distro),
            ("@release", target.Release),
            ("@euname", target.Euname),
            ("@machine", target.Machine),
            ("@cves", string.Join(' ', target.Cves)),
            ("@files", FilesJson(target))
        );

    /// <summary>A patch file's address names only target and level, so its content must not differ.</summary>
    private static void RefuseOtherContent(Change change, ManifestTarget target)
    {
        var other = change.Db.QueryFirstOrDefault<(string Name, string Files)>(
            """
            SELECT p.name, t.files FROM patchset_target t JOIN patchset p ON p.id = t.patchset
            WHERE t.target = @Id AND t.level = @Level LIMIT 1
            """,
            new { target.Id, target.Level }
        );
        if (other.Name is not null && Payload(other.Files) != Payload(FilesJson(target)))
            throw new RefusedException(
                Refusal.Conflict,
                $"level {target.Level} of target {target.Id} already exists with different content, in patchset '{other.Name}'"
            );
    }

    /// <summary>
    /// Files that are the same whichever patchset carries the patch: all but its description and signature.
    /// </summary>
    private static string Payload(string filesJson) =>
        string.Join(
            ';',
            PatchFiles
                .Parse(filesJson)
                .Where(file => file.Name is not (PatchDescription.FileName or PatchDescription.SignatureFileName))
                .Select(file => $"{file.Name}={file.Sha256}")
        );

    private static string FilesJson(ManifestTarget target) =>
        PatchFiles.ToJson(
            target
                .Files.OrderBy(file => file.Key, StringComparer.Ordinal)
                .Select(file => new PatchFile(file.Key, file.Value.Size, file.Value.Sha256))
        );

    /// <summary>
    /// Properties instead of a constructor: of an empty result SQLite does not know the types of expressions.
    /// </summary>
    private sealed record Row
    {
        public string Id { get; init; } = "";
        public string Product { get; init; } = "";
        public string Name { get; init; } = "";
        public long Released { get; init; }
        public string Channel { get; init; } = "";
        public string Distros { get; init; } = "";
        public string ManifestSha256 { get; init; } = "";
        public string? SignedBy { get; init; }
        public long? AvailableAt { get; init; }
        public long Whole { get; init; }
        public long Held { get; init; }
        public string? State { get; init; }
        public string Archive { get; init; } = "";

        public Patchset ToPatchset() =>
            new(
                Id,
                Products.TryParse(Product, out var product)
                    ? product
                    : throw new StoreException(StoreError.Unusable, $"patchset {Name} has unknown product '{Product}'"),
                Name,
                UnixMicros.ToTime(Released),
                Channel,
                Distros.Split(' ', StringSplitOptions.RemoveEmptyEntries),
                ManifestSha256,
                SignedBy,
                AvailableAt is { } at ? UnixMicros.ToTime(at) : null,
                Whole != 0,
                Held != 0,
                State is not null && RepositoryStates.TryParse(State, out var state) ? state : null,
                Archive
            );
    }
}
