using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;

namespace EPortal.Format;

/// <summary>
/// Builds patchset archives. The same input gives the same bytes: members in one order, owners and times fixed. With a
/// key the manifest and every patch are signed.
/// </summary>
public sealed class PatchsetBuilder
{
    /// <summary>
    /// The untrusted comment of all signatures made here; the same, so that signing again gives the same bytes.
    /// </summary>
    public const string SignatureComment = "signature from ePortal";

    /// <summary>Eleven octal digits of seconds.</summary>
    private const long MaxTarTime = (1L << 33) - 1;

    private readonly Manifest _head;
    private readonly SortedDictionary<
        string,
        (ManifestTarget Target, SortedDictionary<string, Func<Stream>> Files)
    > _targets = new(StringComparer.Ordinal);

    /// <summary>Begins a patchset; the targets of <paramref name="head"/> are not used.</summary>
    public PatchsetBuilder(Manifest head) => _head = head;

    /// <summary>Adds a target; its files are added one by one.</summary>
    public void AddTarget(ManifestTarget target) =>
        _targets.Add(target.Id, (target, new SortedDictionary<string, Func<Stream>>(StringComparer.Ordinal)));

    /// <summary>Adds a file of a target.</summary>
    /// <param name="targetId">A target added before.</param>
    /// <param name="name">See <see cref="PatchFileName"/>; not that of the description or its signature.</param>
    /// <param name="open">Opens its content, for one pass to hash it and one to write it.</param>
    public void AddFile(string targetId, string name, Func<Stream> open) => _targets[targetId].Files.Add(name, open);

    /// <summary>Adds a file whose content is in memory.</summary>
    public void AddFile(string targetId, string name, byte[] content) =>
        AddFile(targetId, name, () => new MemoryStream(content));

    /// <summary>Writes the archive.</summary>
    /// <param name="output">Stays open.</param>
    /// <param name="compression">How to compress.</param>
    /// <param name="key">Signs it; null for an unsigned one.</param>
    /// <param name="cancel">Stops it.</param>
    /// <returns>The manifest as written.</returns>
    /// <exception cref="PatchsetException">What was given does not make a good patchset.</exception>
    public async Task<Manifest> WriteAsync(
        Stream output,
        Compression compression,
        MinisignSecretKey? key,
        CancellationToken cancel
    )
    {
        var descriptions = new Dictionary<string, (byte[] Json, byte[] Signature)>(StringComparer.Ordinal);
        var targets = new List<ManifestTarget>();
        foreach (var (target, files) in _targets.Values)
        {
            var entries = await HashAsync(files, cancel);
            if (key is not null)
                descriptions.Add(target.Id, Describe(target with { Files = entries }, entries, key));
            targets.Add(target with { Files = entries });
        }

        var json = (_head with { Targets = targets }).ToJson();
        // What is built must also be accepted.
        var manifest = Manifest.Parse(json, PatchsetLimits.Default, DateTimeOffset.MaxValue - TimeSpan.FromDays(1));
        await using var compressed = Compressions.Compress(compression, output);
        await using var tar = new TarWriter(compressed, TarEntryFormat.Ustar, leaveOpen: true);
        await WriteAsync(tar, Manifest.FileName, json, cancel);
        if (key is not null)
            await WriteAsync(tar, Manifest.SignatureFileName, Sign(key, json, _head.Name), cancel);
        foreach (var target in manifest.Targets)
            await WriteAsync(tar, target, descriptions, cancel);
        return manifest;
    }

    private (byte[] Json, byte[] Signature) Describe(
        ManifestTarget target,
        Dictionary<string, FileEntry> entries,
        MinisignSecretKey key
    )
    {
        var json = PatchDescription.Of(_head, target).ToJson();
        var signature = Sign(key, json, $"{_head.Name} {target.Id} {target.Level}");
        entries.Add(PatchDescription.FileName, Entry(json));
        entries.Add(PatchDescription.SignatureFileName, Entry(signature));
        return (json, signature);
    }

    private async Task WriteAsync(
        TarWriter tar,
        ManifestTarget target,
        Dictionary<string, (byte[] Json, byte[] Signature)> descriptions,
        CancellationToken cancel
    )
    {
        if (descriptions.TryGetValue(target.Id, out var description))
        {
            await WriteAsync(
                tar,
                MemberName.Of(target.Id, target.Level, PatchDescription.FileName),
                description.Json,
                cancel
            );
            await WriteAsync(
                tar,
                MemberName.Of(target.Id, target.Level, PatchDescription.SignatureFileName),
                description.Signature,
                cancel
            );
        }

        foreach (var (name, open) in _targets[target.Id].Files)
        {
            await using var content = open();
            await WriteAsync(tar, MemberName.Of(target.Id, target.Level, name), content, cancel);
        }
    }

    private async Task WriteAsync(TarWriter tar, string name, byte[] content, CancellationToken cancel)
    {
        using var stream = new MemoryStream(content);
        await WriteAsync(tar, name, stream, cancel);
    }

    private Task WriteAsync(TarWriter tar, string name, Stream content, CancellationToken cancel) =>
        tar.WriteEntryAsync(
            new UstarTarEntry(TarEntryType.RegularFile, name)
            {
                DataStream = content,
                Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
                ModificationTime = ModificationTime(_head.Released),
            },
            cancel
        );

    /// <summary>The nearest time that a tar header can hold.</summary>
    private static DateTimeOffset ModificationTime(DateTimeOffset time)
    {
        var latest = DateTimeOffset.FromUnixTimeSeconds(MaxTarTime);
        return time < DateTimeOffset.UnixEpoch ? DateTimeOffset.UnixEpoch
            : time > latest ? latest
            : time;
    }

    private static async Task<Dictionary<string, FileEntry>> HashAsync(
        SortedDictionary<string, Func<Stream>> files,
        CancellationToken cancel
    )
    {
        var entries = new Dictionary<string, FileEntry>(StringComparer.Ordinal);
        foreach (var (name, open) in files)
        {
            if (name is PatchDescription.FileName or PatchDescription.SignatureFileName)
                throw new PatchsetException(
                    PatchsetErrorCode.BadMember,
                    $"cannot add a file named {name}: signing creates it"
                );
            await using var content = open();
            entries.Add(name, await new MemberSink(null).CopyAsync(name, content, cancel));
        }

        return entries;
    }

    private static byte[] Sign(MinisignSecretKey key, byte[] content, string what) =>
        Encoding.UTF8.GetBytes(key.Sign(content, what, SignatureComment));

    private static FileEntry Entry(byte[] content) =>
        new(content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));
}
