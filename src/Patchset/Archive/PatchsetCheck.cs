using System.Text;

namespace EPortal.Format;

/// <summary>
/// One pass over the members of an archive: manifest, its signature, then exactly what the manifest lists.
/// </summary>
internal sealed class PatchsetCheck(
    MemberReader members,
    MemberSink sink,
    TrustedKeys trusted,
    PatchsetLimits limits,
    DateTimeOffset now
)
{
    private readonly Dictionary<string, (ManifestTarget Target, FileEntry Entry)> _expected = new(
        StringComparer.Ordinal
    );
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);
    private Manifest _manifest = null!;
    private MinisignPublicKey? _signedBy;

    /// <summary>A description whose signature must be the next member.</summary>
    private (string Folder, byte[] Content)? _undersigned;

    public async Task<StagedPatchset> RunAsync(CancellationToken cancel)
    {
        var json = await ReadManifestAsync(cancel);
        var next = await members.NextAsync(cancel);
        string? signature = null;
        if (next?.Name == Manifest.SignatureFileName)
        {
            signature = Encoding.UTF8.GetString(await ReadSmallAsync(next, limits.MaxSignatureBytes, cancel));
            next = await members.NextAsync(cancel);
        }

        _signedBy = ManifestCheck.CheckSignature(json, signature, Manifest.FileName, trusted);
        _manifest = Manifest.Parse(json, limits, now);
        Expect();
        for (; next is not null; next = await members.NextAsync(cancel))
            await TakeAsync(next, cancel);
        if (_expected.Count > 0)
            throw Mismatch($"{_expected.Keys.Min(StringComparer.Ordinal)} is in the manifest but not in the archive");
        return new StagedPatchset(_manifest, json, signature, _signedBy, sink.Total);
    }

    private async Task<byte[]> ReadManifestAsync(CancellationToken cancel)
    {
        var first = await members.NextAsync(cancel);
        return first?.Name == Manifest.FileName
            ? await ReadSmallAsync(first, limits.MaxManifestBytes, cancel)
            : throw new PatchsetException(
                PatchsetErrorCode.BadArchive,
                "the first member of the archive must be manifest.json"
            );
    }

    private void Expect()
    {
        if (_signedBy is not null)
            ManifestCheck.RequireDescriptions(_manifest);
        var total = 0L;
        foreach (var target in _manifest.Targets)
        {
            foreach (var (name, entry) in target.Files)
            {
                total += entry.Size;
                _expected.Add(MemberName.Of(target.Id, target.Level, name), (target, entry));
            }

            _folders.Add($"{target.Id}/");
            _folders.Add(MemberName.Of(target.Id, target.Level, ""));
            RefuseTooMuch(total);
        }
    }

    /// <summary>What is announced as too large is refused before a byte of it is written.</summary>
    private void RefuseTooMuch(long total)
    {
        if (_expected.Count > limits.MaxMembers)
            throw new PatchsetException(
                PatchsetErrorCode.LimitExceeded,
                $"the manifest lists more than {limits.MaxMembers} files"
            );
        if (total > limits.MaxUnpackedBytes)
            throw new PatchsetException(
                PatchsetErrorCode.LimitExceeded,
                $"files in the manifest have more than {limits.MaxUnpackedBytes} bytes in total"
            );
    }

    private async Task TakeAsync(Member member, CancellationToken cancel)
    {
        // Writers of tar put folders before what is in them.
        if (_folders.Contains(member.Name))
            return;
        if (!_expected.Remove(member.Name, out var expected))
            throw new PatchsetException(
                PatchsetErrorCode.BadMember,
                $"member {MemberName.Shown(member.Name)} is not in the manifest, or occurs twice"
            );
        if (member.Size != expected.Entry.Size)
            throw Mismatch($"{member.Name} has {member.Size} bytes, the manifest says {expected.Entry.Size}");
        var folder = member.Name[..member.Name.LastIndexOf('/')];
        var file = member.Name[(folder.Length + 1)..];
        if (_undersigned is { } waiting && (waiting.Folder != folder || file != PatchDescription.SignatureFileName))
            throw Mismatch($"{waiting.Folder}/{PatchDescription.FileName} must be followed by its signature");
        var entry = file switch
        {
            PatchDescription.FileName => await TakeDescriptionAsync(member, folder, expected.Target, cancel),
            PatchDescription.SignatureFileName => await TakeSignatureAsync(member, folder, cancel),
            _ => await sink.CopyAsync(member.Name, member.Content, cancel),
        };
        if (entry != expected.Entry)
            throw Mismatch($"checksum mismatch of {member.Name}: SHA-256 differs from the manifest");
    }

    private async Task<FileEntry> TakeDescriptionAsync(
        Member member,
        string folder,
        ManifestTarget target,
        CancellationToken cancel
    )
    {
        var content = await ReadSmallAsync(member, limits.MaxDescriptionBytes, cancel);
        if (!PatchDescription.Parse(content, limits).Agrees(PatchDescription.Of(_manifest, target)))
            throw Mismatch($"{member.Name} differs from the manifest");
        if (target.Files.ContainsKey(PatchDescription.SignatureFileName))
            _undersigned = (folder, content);
        return await sink.WriteAsync(member.Name, content, cancel);
    }

    private async Task<FileEntry> TakeSignatureAsync(Member member, string folder, CancellationToken cancel)
    {
        if (_undersigned is not { } signed)
            throw Mismatch($"{member.Name} must follow the {PatchDescription.FileName} that it signs");
        var signature = await ReadSmallAsync(member, limits.MaxSignatureBytes, cancel);
        ManifestCheck.CheckSignature(
            signed.Content,
            Encoding.UTF8.GetString(signature),
            $"{folder}/{PatchDescription.FileName}",
            trusted
        );
        _undersigned = null;
        return await sink.WriteAsync(member.Name, signature, cancel);
    }

    private static async Task<byte[]> ReadSmallAsync(Member member, int max, CancellationToken cancel)
    {
        if (member.Size > max)
            throw new PatchsetException(PatchsetErrorCode.LimitExceeded, $"{member.Name} is larger than {max} bytes");
        var content = new byte[member.Size];
        await member.Content.ReadExactlyAsync(content, cancel);
        return content;
    }

    private static PatchsetException Mismatch(string message) => new(PatchsetErrorCode.ContentMismatch, message);
}
