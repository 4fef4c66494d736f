namespace EPortal.Format;

/// <summary>What a repository says of a patchset.</summary>
public enum RepositoryState
{
    /// <summary>It can be fetched.</summary>
    Available,

    /// <summary>It is no longer available; hosts that run it may keep it.</summary>
    Withdrawn,

    /// <summary>It does harm and must not be offered anywhere.</summary>
    Blocked,
}

/// <summary>A patchset in the index of a repository.</summary>
public sealed record RepositoryEntry
{
    /// <summary>What it patches.</summary>
    public required Product Product { get; init; }

    /// <summary>Name: see <see cref="PatchsetName"/>; once in a repository, whatever the product.</summary>
    public required string Name { get; init; }

    /// <summary>When it was released, UTC.</summary>
    public required DateTimeOffset Released { get; init; }

    /// <summary>Kind of release: one of <see cref="Manifest.Channels"/>.</summary>
    public required string Channel { get; init; }

    /// <summary>Distributions it holds patches for.</summary>
    public IReadOnlyList<string> Distros { get; init; } = [];

    /// <summary>Path of its archive, relative to the root.</summary>
    public required string Archive { get; init; }

    /// <summary>Size of its archive in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>SHA-256 of its archive, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>SHA-256 of its manifest, lower-case hex.</summary>
    public required string ManifestSha256 { get; init; }

    /// <summary>Whether it is available.</summary>
    public RepositoryState State { get; init; }
}
