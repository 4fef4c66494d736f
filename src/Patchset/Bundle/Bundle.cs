using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;

namespace EPortal.Format;

/// <summary>The index of a patch source as it came, with its signature; empty for none.</summary>
public sealed record BundledIndex(byte[] Json, string Signature);

/// <summary>
/// A bundle: one file that carries archives, and the index they were listed in, to a portal that reaches no patch
/// source. A plain tar of <c>bundle.json</c>, its signature, the index with its signature, then <c>archives/…</c> as
/// listed.
/// </summary>
public static class Bundle
{
    private const string SignatureName = BundleContents.FileName + RepositoryLayout.SignatureSuffix;
    private const string IndexSignatureName = RepositoryLayout.Index + RepositoryLayout.SignatureSuffix;
    private const int MaxContents = 128 << 20;

    /// <summary>Writes a bundle.</summary>
    /// <param name="output">Stays open.</param>
    /// <param name="contents">What is in it.</param>
    /// <param name="index">The index; its size and hash are in <paramref name="contents"/>.</param>
    /// <param name="key">Signs it.</param>
    /// <param name="open">Opens the archive of an entry.</param>
    /// <param name="cancel">Stops it.</param>
    public static async Task WriteAsync(
        Stream output,
        BundleContents contents,
        BundledIndex? index,
        MinisignSecretKey key,
        Func<RepositoryEntry, Stream> open,
        CancellationToken cancel
    )
    {
        await using var tar = new TarWriter(output, TarEntryFormat.Ustar, leaveOpen: true);
        var json = contents.ToJson();
        await WriteAsync(tar, contents, BundleContents.FileName, json, cancel);
        var signature = key.Sign(json, BundleContents.FileName, PatchsetBuilder.SignatureComment);
        await WriteAsync(tar, contents, SignatureName, Encoding.UTF8.GetBytes(signature), cancel);
        if (index is not null)
        {
            await WriteAsync(tar, contents, RepositoryLayout.Index, index.Json, cancel);
            await WriteAsync(tar, contents, IndexSignatureName, Encoding.UTF8.GetBytes(index.Signature), cancel);
        }

        foreach (var entry in contents.Patchsets)
        {
            await using var archive = open(entry);
            await tar.WriteEntryAsync(Entry(contents, entry.Archive, archive), cancel);
        }
    }

    /// <summary>Reads the contents that a bundle lists, without its archives.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="trusted">Keys of which one must have signed it; without any, its signature is not checked.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="PatchsetException">It is not a bundle, or not signed by a trusted key.</exception>
    public static async Task<BundleContents> ReadContentsAsync(
        Stream bundle,
        TrustedKeys trusted,
        CancellationToken cancel
    )
    {
        using var members = new MemberReader(bundle, PatchsetLimits.Default);
        return await ReadHeadAsync(members, trusted, cancel);
    }

    /// <summary>
    /// Reads a bundle. Each archive has the announced size and hash when <paramref name="take"/> has read it to its
    /// end.
    /// </summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="trusted">Keys of which one must have signed it; without any, its signature is not checked.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="take">Takes an archive.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="PatchsetException">It is not a bundle, not signed by a trusted key, or differs from what it
    /// lists.</exception>
    public static async Task<(BundleContents Contents, BundledIndex? Index)> ReadAsync(
        Stream bundle,
        TrustedKeys trusted,
        PatchsetLimits limits,
        Func<RepositoryEntry, Stream, Task> take,
        CancellationToken cancel
    )
    {
        using var members = new MemberReader(bundle, limits);
        var contents = await ReadHeadAsync(members, trusted, cancel);
        var index = contents.Index is { } entry ? await ReadIndexAsync(members, entry, cancel) : null;
        foreach (var patchset in contents.Patchsets)
        {
            var member = await NextAsync(members, patchset.Archive, cancel);
            using var hash = SHA256.Create();
            await using var hashed = new CryptoStream(member.Content, hash, CryptoStreamMode.Read, leaveOpen: true);
            if (member.Size != patchset.Size)
                throw Mismatch($"{patchset.Archive} has {member.Size} bytes, bundle.json says {patchset.Size}");
            await take(patchset, hashed);
            await hashed.CopyToAsync(Stream.Null, cancel);
            if (Convert.ToHexStringLower(hash.Hash!) != patchset.Sha256)
                throw Mismatch($"checksum mismatch of {patchset.Archive}: SHA-256 differs from bundle.json");
        }

        return await members.NextAsync(cancel) is null
            ? (contents, index)
            : throw Mismatch("it has files that bundle.json does not list");
    }

    private static async Task<BundleContents> ReadHeadAsync(
        MemberReader members,
        TrustedKeys trusted,
        CancellationToken cancel
    )
    {
        var json = await ReadAllAsync(await NextAsync(members, BundleContents.FileName, cancel), MaxContents, cancel);
        var signature = await ReadAllAsync(
            await NextAsync(members, SignatureName, cancel),
            PatchsetLimits.Default.MaxSignatureBytes,
            cancel
        );
        if (!trusted.IsEmpty)
            trusted.Verify(json, Encoding.UTF8.GetString(signature), BundleContents.FileName);
        return BundleContents.Parse(json);
    }

    private static async Task<BundledIndex> ReadIndexAsync(
        MemberReader members,
        FileEntry entry,
        CancellationToken cancel
    )
    {
        var json = await ReadAllAsync(
            await NextAsync(members, RepositoryLayout.Index, cancel),
            RepositoryIndex.MaxBytes,
            cancel
        );
        if (new FileEntry(json.Length, Convert.ToHexStringLower(SHA256.HashData(json))) != entry)
            throw Mismatch("checksum mismatch of its index: SHA-256 or size differs from bundle.json");
        var signature = await ReadAllAsync(
            await NextAsync(members, IndexSignatureName, cancel),
            PatchsetLimits.Default.MaxSignatureBytes,
            cancel
        );
        return new BundledIndex(json, Encoding.UTF8.GetString(signature));
    }

    private static async Task<Member> NextAsync(MemberReader members, string name, CancellationToken cancel)
    {
        var member = await members.NextAsync(cancel);
        return member?.Name == name
            ? member
            : throw new PatchsetException(
                PatchsetErrorCode.BadArchive,
                $"not a bundle, or truncated: {name} is missing or out of order"
            );
    }

    private static async Task<byte[]> ReadAllAsync(Member member, int max, CancellationToken cancel)
    {
        if (member.Size > max)
            throw new PatchsetException(PatchsetErrorCode.LimitExceeded, $"{member.Name} is larger than {max} bytes");
        var content = new byte[member.Size];
        await member.Content.ReadExactlyAsync(content, cancel);
        return content;
    }

    private static async Task WriteAsync(
        TarWriter tar,
        BundleContents contents,
        string name,
        byte[] content,
        CancellationToken cancel
    )
    {
        using var stream = new MemoryStream(content);
        await tar.WriteEntryAsync(Entry(contents, name, stream), cancel);
    }

    private static UstarTarEntry Entry(BundleContents contents, string name, Stream content) =>
        new(TarEntryType.RegularFile, name) { DataStream = content, ModificationTime = contents.Created };

    private static PatchsetException Mismatch(string what) =>
        new(PatchsetErrorCode.ContentMismatch, $"damaged bundle: {what}");
}
