using EPortal.Blobs;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>An archive that was copied and checked, and is not in place yet. Its staging folder goes with it.</summary>
internal sealed class Candidate(StagingFolder staging, StagedPatchset patchset, FileEntry file) : IDisposable
{
    /// <summary>Where it lies.</summary>
    public StagingFolder Staging { get; } = staging;

    /// <summary>What it is.</summary>
    public StagedPatchset Patchset { get; } = patchset;

    /// <summary>Size and hash of the archive.</summary>
    public FileEntry File { get; } = file;

    /// <inheritdoc/>
    public void Dispose() => Staging.Dispose();
}
