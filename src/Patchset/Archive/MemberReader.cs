using System.Formats.Tar;

namespace EPortal.Format;

/// <summary>A file in an archive; its content must be read before the next.</summary>
internal sealed record Member(string Name, long Size, Stream Content);

/// <summary>Reads the files of a tar stream one after the other; folders are passed over.</summary>
internal sealed class MemberReader : IDisposable
{
    private readonly TarGuard _guard;
    private readonly TarReader _tar;

    public MemberReader(Stream tar, PatchsetLimits limits)
    {
        _guard = new TarGuard(tar, limits);
        _tar = new TarReader(_guard, leaveOpen: true);
    }

    /// <summary>The next file; null at the end, after which nothing may follow.</summary>
    /// <exception cref="PatchsetException">The archive is bad there.</exception>
    public async Task<Member?> NextAsync(CancellationToken cancel)
    {
        while (await NextEntryAsync(cancel) is { } entry)
        {
            if (entry.EntryType is TarEntryType.Directory)
                continue;
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
                throw new PatchsetException(
                    PatchsetErrorCode.BadMember, $"The member {MemberName.Shown(entry.Name)} is not a regular file.");
            return new Member(entry.Name, entry.Length, entry.DataStream ?? Stream.Null);
        }

        _guard.Drain();
        return null;
    }

    public void Dispose() => _tar.Dispose();

    private async Task<TarEntry?> NextEntryAsync(CancellationToken cancel)
    {
        try
        {
            return await _tar.GetNextEntryAsync(copyData: false, cancel);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or ArgumentException or NotSupportedException)
        {
            throw new PatchsetException(PatchsetErrorCode.BadArchive, "The archive is not a plain tar archive, or damaged.", e);
        }
    }
}
