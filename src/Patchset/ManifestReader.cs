using System.Text.RegularExpressions;

namespace EPortal.Format;

/// <summary>Reads manifests and patch descriptions, strictly.</summary>
internal static partial class ManifestReader
{
    private const int MaxDistros = 256;
    private const int MaxCves = 10_000;
    private const int MaxFilesPerTarget = 64;
    private const int MaxSummary = 1000;
    private const int MaxChangelog = 1 << 20;

    private static readonly TimeSpan ClockGrace = TimeSpan.FromMinutes(5);
    private static readonly string[] FileFields = ["size", "sha256"];

    private static readonly string[] TargetFields =
    [
        "id",
        "level",
        "distro",
        "release",
        "euname",
        "machine",
        "cves",
        "files",
    ];

    private static readonly string[] ManifestFields =
    [
        "format",
        "name",
        "product",
        "released",
        "channel",
        "distros",
        "summary",
        "changelog",
        "targets",
    ];

    private static readonly string[] DescriptionFields =
    [
        "format",
        "product",
        "patchset",
        "target",
        "level",
        "released",
        "files",
    ];

    public static Manifest Read(ReadOnlyMemory<byte> json, PatchsetLimits limits, DateTimeOffset now)
    {
        if (json.Length > limits.MaxManifestBytes)
            throw new PatchsetException(
                PatchsetErrorCode.LimitExceeded,
                $"the manifest is larger than {limits.MaxManifestBytes} bytes"
            );
        return JsonFields.Parse(json, Manifest.FileName, ManifestFields, fields => Read(fields, limits, now));
    }

    public static PatchDescription ReadDescription(ReadOnlyMemory<byte> json, PatchsetLimits limits)
    {
        if (json.Length > limits.MaxDescriptionBytes)
            throw new PatchsetException(
                PatchsetErrorCode.LimitExceeded,
                $"the patch description is larger than {limits.MaxDescriptionBytes} bytes"
            );
        return JsonFields.Parse(
            json,
            PatchDescription.FileName,
            DescriptionFields,
            fields =>
            {
                var format = (int)fields.Number("format", Manifest.CurrentFormat, Manifest.CurrentFormat);
                var product = ReadProduct(fields);
                return new PatchDescription
                {
                    Format = format,
                    Product = product,
                    Patchset = ReadName(fields, "patchset"),
                    Target = ReadTarget(fields, "target", product),
                    Level = (int)fields.Number("level", 1, int.MaxValue),
                    Released = fields.Time("released"),
                    Files = ReadFiles(fields, product, limits),
                };
            }
        );
    }

    private static Manifest Read(JsonFields fields, PatchsetLimits limits, DateTimeOffset now)
    {
        var format = (int)fields.Number("format", Manifest.CurrentFormat, Manifest.CurrentFormat);
        var name = ReadName(fields, "name");
        var product = ReadProduct(fields);
        var released = fields.Time("released");
        if (released > now + ClockGrace)
            throw fields.Bad("released", "is in the future", relative: true);
        var manifest = new Manifest
        {
            Format = format,
            Name = name,
            Product = product,
            Released = released,
            Channel = ReadChannel(fields),
            Distros = ReadDistros(fields),
            Summary = fields.TextOrNull("summary", MaxSummary) ?? "",
            Changelog = fields.TextOrNull("changelog", MaxChangelog, lines: true) ?? "",
            Targets = fields.Objects(
                "targets",
                limits.MaxTargets,
                TargetFields,
                target => ReadTarget(target, product, limits)
            ),
        };
        RefuseTwice(fields, manifest);
        return manifest;
    }

    private static ManifestTarget ReadTarget(JsonFields fields, Product product, PatchsetLimits limits) =>
        new()
        {
            Id = ReadTarget(fields, "id", product),
            Level = (int)fields.Number("level", 1, int.MaxValue),
            Distro = fields.TextOrNull("distro"),
            Release = fields.TextOrNull("release"),
            Euname = fields.TextOrNull("euname"),
            Machine = fields.TextOrNull("machine"),
            Cves = fields.Texts("cves", MaxCves, text => Cve().IsMatch(text), "an id such as CVE-2025-1234"),
            Files = ReadFiles(fields, product, limits),
        };

    private static Dictionary<string, FileEntry> ReadFiles(JsonFields fields, Product product, PatchsetLimits limits)
    {
        var files = fields.Map(
            "files",
            MaxFilesPerTarget,
            PatchFileName.IsValid,
            FileFields,
            file => new FileEntry(file.Number("size", 0, limits.MaxFileBytes), ReadSha256(file, "sha256"))
        );
        if (files.Count == 0)
            throw fields.Bad("files", "must name a file", relative: true);
        if (files.Keys.Distinct(StringComparer.OrdinalIgnoreCase).Count() != files.Count)
            throw fields.Bad("files", "has names that differ only in case", relative: true);
        if (RequiredFiles.LackingOrNull(product, files.Select(file => (file.Key, file.Value.Size))) is { } lacking)
            throw fields.Bad("files", $"lacks {lacking}, which agents need", relative: true);
        return files;
    }

    private static void RefuseTwice(JsonFields fields, Manifest manifest)
    {
        if (manifest.Targets.Count == 0)
            throw fields.Bad("targets", "must not be empty", relative: true);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var target in manifest.Targets.Where(target => !seen.Add(target.Id)))
            throw fields.Bad("targets", $"has {target.Id} twice", relative: true);
    }

    public static string ReadName(JsonFields fields, string name) =>
        PatchsetName.IsValid(fields.Text(name))
            ? fields.Text(name)
            : throw fields.Bad(name, "must be 1 to 64 letters, digits, dots, underscores or hyphens", relative: true);

    public static string ReadChannel(JsonFields fields) =>
        Manifest.Channels.Contains(fields.Text("channel"))
            ? fields.Text("channel")
            : throw fields.Bad("channel", "must be default, test or unstable", relative: true);

    public static IReadOnlyList<string> ReadDistros(JsonFields fields) =>
        fields.Texts("distros", MaxDistros, text => Distro().IsMatch(text), "a distribution such as debian12");

    public static string ReadSha256(JsonFields fields, string name) =>
        Sha256().IsMatch(fields.Text(name))
            ? fields.Text(name)
            : throw fields.Bad(name, "must be 64 lower-case hex digits", relative: true);

    public static Product ReadProduct(JsonFields fields) =>
        Products.TryParse(fields.Text("product"), out var product)
            ? product
            : throw fields.Bad("product", "must be kernel, user, qemu or db", relative: true);

    private static string ReadTarget(JsonFields fields, string name, Product product) =>
        TargetId.IsValid(product, fields.Text(name))
            ? fields.Text(name)
            : throw fields.Bad(
                name,
                product == Product.Kernel
                    ? "must be 40 lower-case hex digits"
                    : "must be 16 to 128 lower-case hex digits",
                relative: true
            );

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._-]{0,31}\z")]
    private static partial Regex Distro();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}\z")]
    private static partial Regex Cve();

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex Sha256();
}
