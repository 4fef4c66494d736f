using System.Security.Cryptography;
using EPortal.Format;

namespace EPortal.Backup;

/// <summary>
/// Reads a backup from front to back. Only plain files under names that a backup has, in the order of the manifest, of
/// the size and hash that it says, and nothing after them.
/// </summary>
internal sealed class BackupReader : IDisposable
{
    private static readonly PatchsetLimits s_limits = PatchsetLimits.Default with
    {
        MaxFileBytes = BackupManifest.MaxPartBytes,
        MaxMembers = BackupManifest.MaxParts + 1,
    };

    private readonly MemberReader _members;

    private BackupReader(MemberReader members, BackupManifest manifest) => (_members, Manifest) = (members, manifest);

    /// <summary>What it says to hold.</summary>
    public BackupManifest Manifest { get; }

    /// <summary>Reads the manifest.</summary>
    /// <param name="backup">The backup; it stays open.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="BackupException">It is no backup, or one that was cut short.</exception>
    /// <exception cref="PatchsetException">It is no plain tar.</exception>
    public static async Task<BackupReader> Open(Stream backup, CancellationToken cancel)
    {
        var first = new byte[LateHeaderStream.Block];
        var length = await backup.ReadAtLeastAsync(first, first.Length, throwOnEndOfStream: false, cancel);
        if (length > 0 && !first.AsSpan(0, length).ContainsAnyExcept((byte)0))
            throw new BackupException("not a backup: whatever wrote it was stopped before it was complete");
        var members = new MemberReader(new PrefixedStream(first.AsMemory(0, length), backup), s_limits);
        try
        {
            if (
                await members.NextAsync(cancel) is not { Name: BackupNames.Manifest } head
                || head.Size > BackupManifest.MaxBytes
            )
                throw new BackupException($"not a backup: it does not begin with {BackupNames.Manifest}");
            var json = new byte[head.Size];
            await head.Content.ReadExactlyAsync(json, cancel);
            return new BackupReader(members, BackupManifest.Parse(json));
        }
        catch
        {
            members.Dispose();
            throw;
        }
    }

    /// <summary>Reads and checks all parts, the unwanted ones too.</summary>
    /// <param name="place">Gives the file that a part goes into, which must not be there; null for a part that is not
    /// wanted.</param>
    /// <param name="progress">Told the bytes read.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="BackupException">It differs from its manifest.</exception>
    /// <exception cref="PatchsetException">It is no plain tar, or cut short.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public async Task Read(Func<BackupPart, string?> place, IProgress<long> progress, CancellationToken cancel)
    {
        var read = 0L;
        foreach (var part in Manifest.Parts)
        {
            var member = await _members.NextAsync(cancel);
            if (member?.Name != part.Name || member.Size != part.Size)
                throw new BackupException($"the backup is damaged: {part.Name} is missing or not as its manifest says");
            await using var target = place(part) is { } path ? Create(path) : Stream.Null;
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[1 << 16];
            int length;
            while ((length = await member.Content.ReadAsync(buffer, cancel)) > 0)
            {
                hash.AppendData(buffer, 0, length);
                await target.WriteAsync(buffer.AsMemory(0, length), cancel);
                progress.Report(read += length);
            }

            if (Convert.ToHexStringLower(hash.GetHashAndReset()) != part.Sha256)
                throw new BackupException(
                    $"the backup is damaged: the SHA-256 of {part.Name} differs from its manifest"
                );
            if (target is FileStream file)
                file.Flush(flushToDisk: true);
        }

        if (await _members.NextAsync(cancel) is not null)
            throw new BackupException("the backup is damaged: it has files that its manifest does not list");
    }

    /// <inheritdoc/>
    public void Dispose() => _members.Dispose();

    private static FileStream Create(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );
    }
}
