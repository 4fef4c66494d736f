using Dapper;
using EPortal.Data;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>The records of patchsets. Helpers of transactions; who changes something opens the transaction.</summary>
internal static class PatchsetStore
{
    private const string Columns =
        """
        SELECT p.id, p.product, p.name, p.released, p.channel, p.distros, p.manifest_sha256, p.signed_by, c.available_at, p.archive
        FROM patchset p LEFT JOIN patchset_copy c ON c.patchset = p.id
        WHERE p.shadowed = 0 AND p.product = @product
        """;

    /// <summary>The patchset of that name.</summary>
    public static Patchset? FindOrNull(Session session, Product product, string name) =>
        session.Connection.QueryFirstOrDefault<Row>($"{Columns} AND p.name = @name", new { product = product.Token(), name })?.ToPatchset();

    /// <summary>The patchset of that name.</summary>
    /// <exception cref="RefusedException">There is none.</exception>
    public static Patchset Get(Session session, Product product, string name) => FindOrNull(session, product, name)
        ?? throw new RefusedException(Refusal.NotFound, $"There is no {product.Token()} patchset '{name}'.");

    /// <summary>All of a product, oldest first.</summary>
    public static IReadOnlyList<Patchset> List(Session session, Product product) =>
        [.. session.Connection.Query<Row>(Columns, new { product = product.Token() }).Select(row => row.ToPatchset()).Order()];

    /// <summary>Records a patchset whose files are in place.</summary>
    /// <exception cref="RefusedException">A patch in it is here already with other content.</exception>
    public static string Record(Change change, StagedPatchset staged, string manifestSha256, string archive)
    {
        var manifest = staged.Manifest;
        foreach (var target in manifest.Targets)
            RefuseOtherContent(change, target);
        var id = change.Create(Patchset.Entity, new Fields
        {
            { "product", manifest.Product.Token() },
            { "name", manifest.Name },
            { "released", Micros.Of(manifest.Released) },
            { "channel", manifest.Channel },
            { "distros", string.Join(' ', manifest.Distros) },
            { "summary", manifest.Summary },
            { "changelog", manifest.Changelog },
            { "manifest_sha256", manifestSha256 },
            { "archive", archive },
            { "signed_by", staged.SignedBy?.KeyId },
        });
        RecordCopy(change, id, manifest);
        return id;
    }

    /// <summary>Records that the files of a patchset known from another node are here now.</summary>
    public static void RecordCopy(Change change, string id, Manifest manifest)
    {
        change.Session.Execute(
            "INSERT INTO patchset_copy (patchset, available_at) VALUES (@id, @at)", ("@id", id), ("@at", Micros.Of(change.Now)));
        foreach (var target in manifest.Targets)
            InsertTarget(change.Session, id, manifest.Product, target);
        change.OffersChanged();
    }

    /// <summary>Forgets a patchset on every feed and every node.</summary>
    public static void Delete(Change change, Patchset patchset) => change.Delete(Patchset.Entity, [patchset.Id]);

    private static void InsertTarget(Session session, string id, Product product, ManifestTarget target) => session.Execute(
        """
        INSERT INTO patchset_target (patchset, product, target, level, distro, release, euname, machine, cves, files)
        VALUES (@patchset, @product, @target, @level, @distro, @release, @euname, @machine, @cves, @files)
        """,
        ("@patchset", id), ("@product", product.Token()), ("@target", target.Id), ("@level", target.Level),
        ("@distro", target.Distro), ("@release", target.Release), ("@euname", target.Euname), ("@machine", target.Machine),
        ("@cves", string.Join(' ', target.Cves)), ("@files", FilesJson(target)));

    /// <summary>A patch file's address names only target and level, so what stands there must not differ.</summary>
    private static void RefuseOtherContent(Change change, ManifestTarget target)
    {
        var other = change.Db.QueryFirstOrDefault<(string Name, string Files)>(
            """
            SELECT p.name, t.files FROM patchset_target t JOIN patchset p ON p.id = t.patchset
            WHERE t.target = @Id AND t.level = @Level LIMIT 1
            """,
            new { target.Id, target.Level });
        if (other.Name is not null && Payload(other.Files) != Payload(FilesJson(target)))
            throw new RefusedException(
                Refusal.Conflict,
                $"Level {target.Level} of target {target.Id} is here already with other content, from patchset '{other.Name}'.");
    }

    /// <summary>Files that are the same whichever patchset carries the patch: all but its description and signature.</summary>
    private static string Payload(string filesJson) => string.Join(
        ';',
        PatchFiles.Parse(filesJson)
            .Where(file => file.Name is not (PatchDescription.FileName or PatchDescription.SignatureFileName))
            .Select(file => $"{file.Name}={file.Sha256}"));

    private static string FilesJson(ManifestTarget target) => PatchFiles.ToJson(
        target.Files.OrderBy(file => file.Key, StringComparer.Ordinal)
            .Select(file => new PatchFile(file.Key, file.Value.Size, file.Value.Sha256)));

    private sealed record Row(
        string Id, string Product, string Name, long Released, string Channel, string Distros, string ManifestSha256,
        string? SignedBy, long? AvailableAt, string Archive)
    {
        public Patchset ToPatchset() => new(
            Id,
            Products.TryParse(Product, out var product) ? product : throw new StoreException(StoreError.Unusable, $"Patchset {Name} has the unknown product '{Product}'."),
            Name,
            Micros.ToTime(Released),
            Channel,
            Distros.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            ManifestSha256,
            SignedBy,
            AvailableAt is { } at ? Micros.ToTime(at) : null,
            Archive);
    }
}
