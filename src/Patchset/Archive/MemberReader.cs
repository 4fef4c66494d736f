using System.Formats.Tar;

namespace EPortal.Format;

/// <summary>
/// A file in an archive, whose content must be read before the next; or a folder, whose name ends in a slash.
/// </summary>
internal sealed record Member(string Name, long Size, Stream Content);

/// <summary>Reads the members of a tar stream one after the other.</summary>
internal sealed class MemberReader : IDisposable
{
    private readonly TarGuard _guard;
    private readonly TarReader _tar;

    public MemberReader(Stream tar, PatchsetLimits limits)
    {
        _guard = new TarGuard(tar, limits);
        _tar = new TarReader(_guard, leaveOpen: true);
    }

    /// <summary>The next member; null at the end, after which nothing may follow.</summary>
    /// <exception cref="PatchsetException">The archive is bad there.</exception>
    public async Task<Member?> NextAsync(CancellationToken cancel)
    {
        if (await NextEntryAsync(cancel) is not { } entry)
        {
            _guard.Drain();
            return null;
        }

        return entry.EntryType switch
        {
            TarEntryType.Directory => new Member(entry.Name.TrimEnd('/') + '/', 0, Stream.Null),
            TarEntryType.RegularFile or TarEntryType.V7RegularFile => new Member(
                entry.Name,
                entry.Length,
                entry.DataStream ?? Stream.Null
            ),
            _ => throw new PatchsetException(
                PatchsetErrorCode.BadMember,
                $"the member {MemberName.Shown(entry.Name)} is not a regular file"
            ),
        };
    }

    public void Dispose() => _tar.Dispose();

    private async Task<TarEntry?> NextEntryAsync(CancellationToken cancel)
    {
        try
        {
            return await _tar.GetNextEntryAsync(copyData: false, cancel);
        }
        catch (Exception e)
            when (e
                    is not PatchsetException
                        and not OutOfMemoryException
                        and not OperationCanceledException
                        and (not IOException or EndOfStreamException)
            )
        {
            throw new PatchsetException(PatchsetErrorCode.BadArchive, "not a plain tar archive, or damaged", e);
        }
    }
}
