namespace EPortal.Format;

/// <summary>A patchset that was read from an archive and is valid.</summary>
/// <param name="Manifest">What it is.</param>
/// <param name="ManifestJson">Bytes of its manifest.</param>
/// <param name="ManifestSignature">Text of its signature; null for an unsigned one.</param>
/// <param name="SignedBy">The trusted key that signed it; null while no key is trusted.</param>
/// <param name="UnpackedBytes">Bytes of its members.</param>
public sealed record StagedPatchset(
    Manifest Manifest,
    byte[] ManifestJson,
    string? ManifestSignature,
    MinisignPublicKey? SignedBy,
    long UnpackedBytes
);

/// <summary>
/// Reads patchset archives. Everything is checked while it streams by: form, names, sizes, hashes, signatures, and that
/// manifest and members cover each other exactly. Nothing but bounded parts is kept in memory.
/// </summary>
public static class PatchsetArchive
{
    /// <summary>The compression of a seekable archive, by its first bytes; the position stays.</summary>
    public static Compression Recognise(Stream archive)
    {
        var start = archive.Position;
        var (compression, _) = Compressions.Recognise(archive);
        archive.Position = start;
        return compression;
    }

    /// <summary>
    /// An archive that throws once it has given more than <see cref="PatchsetLimits.MaxArchiveBytes"/>.
    /// </summary>
    public static Stream Bounded(Stream archive, PatchsetLimits limits) =>
        new LimitedStream(archive, limits.MaxArchiveBytes, () => TooLarge("archive", limits.MaxArchiveBytes));

    /// <summary>
    /// Checks an archive and writes its members below <paramref name="folder"/>, which is empty. The files are not yet
    /// flushed to disk. When it throws, the folder holds something unfinished for the caller to delete.
    /// </summary>
    /// <param name="archive">Tar, plain or compressed with bzip2, gzip or zstd.</param>
    /// <param name="folder">Where to write.</param>
    /// <param name="trusted">Keys of which one must have signed it; without any, unsigned ones are accepted
    /// too.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="now">The current time.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="PatchsetException">The archive is bad.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static Task<StagedPatchset> UnpackAsync(
        Stream archive,
        string folder,
        TrustedKeys trusted,
        PatchsetLimits limits,
        DateTimeOffset now,
        CancellationToken cancel
    ) => ReadAsync(archive, new MemberSink(folder), trusted, limits, now, cancel);

    /// <summary>Makes the same checks and writes nothing.</summary>
    /// <inheritdoc cref="UnpackAsync"/>
    public static Task<StagedPatchset> VerifyAsync(
        Stream archive,
        TrustedKeys trusted,
        PatchsetLimits limits,
        DateTimeOffset now,
        CancellationToken cancel
    ) => ReadAsync(archive, new MemberSink(null), trusted, limits, now, cancel);

    private static async Task<StagedPatchset> ReadAsync(
        Stream archive,
        MemberSink sink,
        TrustedKeys trusted,
        PatchsetLimits limits,
        DateTimeOffset now,
        CancellationToken cancel
    )
    {
        var (compression, stream) = Compressions.Recognise(Bounded(archive, limits));
        await using var plain = new DecompressedStream(Compressions.Decompress(compression, stream));
        var unpacked = new LimitedStream(
            plain,
            limits.MaxUnpackedBytes,
            () => TooLarge("unpacked archive", limits.MaxUnpackedBytes)
        );
        using var members = new MemberReader(unpacked, limits);
        return await new PatchsetCheck(members, sink, trusted, limits, now).RunAsync(cancel);
    }

    private static PatchsetException TooLarge(string what, long limit) =>
        new(PatchsetErrorCode.LimitExceeded, $"{what} is larger than {limit} bytes");
}
