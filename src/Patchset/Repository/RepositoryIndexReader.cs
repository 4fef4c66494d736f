namespace EPortal.Format;

/// <summary>Reads indexes of repositories, strictly.</summary>
internal static class RepositoryIndexReader
{
    private const int MaxPatchsets = 100_000;

    /// <summary>16 TiB: more than any archive has, and so little that all sizes of an index have a sum.</summary>
    private const long MaxArchive = 1L << 44;

    private static readonly string[] IndexFields = ["format", "version", "generated", "expires", "patchsets"];
    private static readonly string[] ProductFields = [.. Products.All.Select(product => product.Token())];

    private static readonly string[] EntryFields =
    [
        "name",
        "released",
        "channel",
        "distros",
        "archive",
        "size",
        "sha256",
        "manifest_sha256",
        "state",
    ];

    public static RepositoryIndex Read(ReadOnlyMemory<byte> json)
    {
        if (json.Length > RepositoryIndex.MaxBytes)
            throw new PatchsetException(
                PatchsetErrorCode.LimitExceeded,
                $"the index is larger than {RepositoryIndex.MaxBytes} bytes"
            );
        return JsonFields.Parse(
            json,
            RepositoryLayout.Index,
            IndexFields,
            fields =>
            {
                fields.Number("format", RepositoryIndex.CurrentFormat, RepositoryIndex.CurrentFormat);
                return new RepositoryIndex
                {
                    Version = fields.Number("version", 1, long.MaxValue),
                    Generated = fields.Time("generated"),
                    Expires = fields.Time("expires"),
                    Patchsets = ReadPatchsets(fields),
                };
            }
        );
    }

    /// <summary>The field <c>patchsets</c>: a list for each product. A name is there once.</summary>
    public static IReadOnlyList<RepositoryEntry> ReadPatchsets(JsonFields fields)
    {
        var entries = fields.Object("patchsets", ProductFields, ReadProducts);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries.Where(entry => !seen.Add(entry.Name)))
            throw fields.Bad("patchsets", $"has {entry.Name} twice", relative: true);
        return entries;
    }

    private static List<RepositoryEntry> ReadProducts(JsonFields fields)
    {
        var entries = new List<RepositoryEntry>();
        foreach (var product in Products.All.Where(product => fields.Has(product.Token())))
            entries.AddRange(fields.Objects(product.Token(), MaxPatchsets, EntryFields, entry => Read(entry, product)));
        return entries;
    }

    private static RepositoryEntry Read(JsonFields fields, Product product) =>
        new()
        {
            Product = product,
            Name = ManifestReader.ReadName(fields, "name"),
            Released = fields.Time("released"),
            Channel = ManifestReader.ReadChannel(fields),
            Distros = ManifestReader.ReadDistros(fields),
            Archive = RepositoryLayout.IsPath(fields.Text("archive"))
                ? fields.Text("archive")
                : throw fields.Bad("archive", "must be a plain path below the repository", relative: true),
            Size = fields.Number("size", 1, MaxArchive),
            Sha256 = ManifestReader.ReadSha256(fields, "sha256"),
            ManifestSha256 = ManifestReader.ReadSha256(fields, "manifest_sha256"),
            State = RepositoryStates.TryParse(fields.Text("state"), out var state)
                ? state
                : throw fields.Bad("state", "must be available, withdrawn or blocked", relative: true),
        };
}
