using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace EPortal.Backup;

/// <summary>A file in a backup.</summary>
/// <param name="Name">Its name there, one of <see cref="BackupNames"/>.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Lower-case hex.</param>
internal sealed record BackupPart(string Name, long Size, string Sha256);

/// <summary>What a backup holds: its first member, <c>backup.json</c>; the parts follow in this order.</summary>
/// <param name="Format">1.</param>
/// <param name="Created">When the database was copied.</param>
/// <param name="Version">Version of the program that made it.</param>
/// <param name="Parts">The files.</param>
internal sealed partial record BackupManifest(
    int Format,
    DateTimeOffset Created,
    string Version,
    IReadOnlyList<BackupPart> Parts
)
{
    /// <summary>The format that this program writes and reads.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Parts that a backup may have.</summary>
    public const int MaxParts = 100_000;

    /// <summary>Bytes that the manifest itself may have.</summary>
    public const int MaxBytes = 32 << 20;

    /// <summary>Bytes of a part: what a plain tar header can say.</summary>
    public const long MaxPartBytes = (8L << 30) - 1;

    private const int MaxVersionLength = 64;

    /// <summary>As it is written.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, BackupJson.Default.BackupManifest);

    /// <summary>Reads and checks it.</summary>
    /// <exception cref="BackupException">It is none, or names what no backup has.</exception>
    public static BackupManifest Parse(byte[] json)
    {
        BackupManifest manifest;
        try
        {
            manifest =
                JsonSerializer.Deserialize(json, BackupJson.Default.BackupManifest)
                ?? throw new BackupException($"not a backup: {BackupNames.Manifest} is empty");
        }
        catch (JsonException e)
        {
            throw new BackupException($"not a backup: {BackupNames.Manifest} is damaged", e);
        }

        manifest.Check();
        return manifest;
    }

    private void Check()
    {
        if (Format != CurrentFormat)
            throw new BackupException(
                $"the backup has format {Format}, this version reads format {CurrentFormat}; install a newer version"
            );
        if (Parts is not { Count: > 0 and <= MaxParts } || Version is not { Length: <= MaxVersionLength })
            throw new BackupException($"not a backup: {BackupNames.Manifest} is incomplete");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in Parts)
        {
            if (part is not { Name: not null, Sha256: not null } || !BackupNames.IsKnown(part.Name))
                throw new BackupException($"{BackupNames.Manifest} names a file that no backup has");
            if (!names.Add(part.Name))
                throw new BackupException($"{BackupNames.Manifest} names {part.Name} twice");
            if (part.Size is < 0 or > MaxPartBytes || !Hash().IsMatch(part.Sha256))
                throw new BackupException($"{BackupNames.Manifest} has an invalid size or SHA-256 of {part.Name}");
            if (part.Size > BackupNames.MaxBytesOf(part.Name))
                throw new BackupException($"{part.Name} in the backup is too large");
        }
    }

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex Hash();
}

/// <summary>Names of the files in a backup. There are no others.</summary>
internal static partial class BackupNames
{
    /// <summary>The manifest.</summary>
    public const string Manifest = "backup.json";

    /// <summary>The database.</summary>
    public const string Database = "eportal.sqlite";

    /// <summary>The installation's id.</summary>
    public const string InstanceId = "instance-id";

    /// <summary>The copy of what is set at run time.</summary>
    public const string RuntimeSettings = "config/config.json";

    /// <summary>The key with which the portal signs unsigned patches.</summary>
    public const string SigningKey = "config/signing.key";

    /// <summary>The key that signs the repositories of the agent; hosts trust it and no other.</summary>
    public const string RepositoryKey = "config/agent-repository.key";

    /// <summary>The settings file.</summary>
    public const string Settings = "settings";

    /// <summary>What names of archives begin with; they lie below the folder of patches as here.</summary>
    public const string Archives = "arch/";

    /// <summary>What names of imported agent packages begin with; they lie in the data folder as here.</summary>
    public const string AgentPackages = "agent-packages/";

    private const int MaxSmall = 1 << 20;

    /// <summary>The small files that lie in the data folder by these names.</summary>
    public static IReadOnlyList<string> Small { get; } = [InstanceId, RuntimeSettings, SigningKey, RepositoryKey];

    /// <summary>Whether a backup may have a file of this name.</summary>
    public static bool IsKnown(string name) => name is Database or Settings || Small.Contains(name) || IsLarge(name);

    /// <summary>Whether it is the archive of a patchset or a package: large, and the same for ever.</summary>
    public static bool IsLarge(string name) => IsArchive(name) || AgentPackage().IsMatch(name);

    /// <summary>Whether it is the archive of a patchset.</summary>
    public static bool IsArchive(string name) => Archive().IsMatch(name);

    /// <summary>How large a file of this name may be.</summary>
    public static long MaxBytesOf(string name) =>
        name == Database || IsLarge(name) ? BackupManifest.MaxPartBytes : MaxSmall;

    /// <summary>Archives or packages that are in a folder, by name.</summary>
    /// <param name="folder">Folder of the patches, or data folder.</param>
    /// <param name="names">What their names begin with.</param>
    public static IEnumerable<(string Name, FileInfo File)> LargeFiles(string folder, string names)
    {
        var there = new DirectoryInfo(Path.Combine(folder, names));
        return !there.Exists
            ? []
            : there
                .EnumerateFiles("*", SearchOption.AllDirectories)
                // Links list the archives of other products a second time.
                .Where(file => file.LinkTarget is null)
                .Select(file => (Path.GetRelativePath(folder, file.FullName), file))
                .Where(file => IsLarge(file.Item1))
                .OrderBy(file => file.Item1, StringComparer.Ordinal);
    }

    [GeneratedRegex(@"^arch/((user|qemu|db)/)?[A-Za-z0-9][A-Za-z0-9._-]{0,79}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Archive();

    [GeneratedRegex(@"^agent-packages/[0-9a-f]{64}\.(deb|rpm)\z")]
    private static partial Regex AgentPackage();
}

/// <summary>Its JSON.</summary>
[JsonSerializable(typeof(BackupManifest))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    AllowDuplicateProperties = false,
    MaxDepth = 8
)]
internal sealed partial class BackupJson : JsonSerializerContext;
