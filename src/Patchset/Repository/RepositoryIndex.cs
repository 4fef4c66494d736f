using System.Text.Json;

namespace EPortal.Format;

/// <summary>
/// The list of patchsets of a repository, <c>index.json</c>. Its version only grows and it expires, so that an old one
/// is not mistaken for the current one.
/// </summary>
public sealed record RepositoryIndex
{
    /// <summary>The only format there is.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The greatest size that is read, in bytes.</summary>
    public const int MaxBytes = 64 << 20;

    /// <summary>
    /// The greatest version that is accepted: what JSON numbers hold exactly everywhere (RFC 8259, section 6).
    /// </summary>
    public const long MaxVersion = (1L << 53) - 1;

    /// <summary>Its number; a later index has a greater one.</summary>
    public required long Version { get; init; }

    /// <summary>When it was made, UTC.</summary>
    public required DateTimeOffset Generated { get; init; }

    /// <summary>When it expires, UTC.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>Its patchsets, by product and the order of patchsets.</summary>
    public required IReadOnlyList<RepositoryEntry> Patchsets { get; init; }

    /// <summary>Reads an index.</summary>
    /// <exception cref="PatchsetException">It is malformed; the message names the field.</exception>
    public static RepositoryIndex Parse(ReadOnlyMemory<byte> json) => RepositoryIndexReader.Read(json);

    /// <summary>Writes what <see cref="Parse"/> reads; the same index always gives the same bytes.</summary>
    public byte[] ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
            RepositoryIndexWriter.Write(json, this);
        return buffer.ToArray();
    }
}
