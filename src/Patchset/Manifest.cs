using System.Text.Json;

namespace EPortal.Format;

/// <summary>Size in bytes and lower-case hex of the SHA-256 (FIPS 180-4) of a file.</summary>
public sealed record FileEntry(long Size, string Sha256);

/// <summary>The patch of one target in a patchset.</summary>
public sealed record ManifestTarget
{
    /// <summary>What it fits: see <see cref="TargetId"/>.</summary>
    public required string Id { get; init; }

    /// <summary>Level, positive; patches are cumulative, so the highest is the one to run.</summary>
    public required int Level { get; init; }

    /// <summary>Distribution, such as <c>debian12</c>.</summary>
    public string? Distro { get; init; }

    /// <summary>Version of the kernel as installed.</summary>
    public string? Release { get; init; }

    /// <summary>Version of the kernel that a patched host is as safe as.</summary>
    public string? Euname { get; init; }

    /// <summary>Machine, as <c>uname -m</c>.</summary>
    public string? Machine { get; init; }

    /// <summary>CVEs that the patch closes.</summary>
    public IReadOnlyList<string> Cves { get; init; } = [];

    /// <summary>Files by name; in a signed patchset with the patch's description and its signature.</summary>
    public required IReadOnlyDictionary<string, FileEntry> Files { get; init; }
}

/// <summary>What a patchset is and holds: <c>manifest.json</c>.</summary>
public sealed record Manifest
{
    /// <summary>Name of the manifest in an archive.</summary>
    public const string FileName = "manifest.json";

    /// <summary>Name of its signature in an archive.</summary>
    public const string SignatureFileName = "manifest.json.minisig";

    /// <summary>The only format there is.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Channels, the most stable first.</summary>
    public static IReadOnlyList<string> Channels { get; } = ["default", "test", "unstable"];

    /// <summary>Format of the manifest: 1.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Name of the patchset: see <see cref="PatchsetName"/>.</summary>
    public required string Name { get; init; }

    /// <summary>What it patches.</summary>
    public required Product Product { get; init; }

    /// <summary>When it was released, UTC.</summary>
    public required DateTimeOffset Released { get; init; }

    /// <summary>Kind of release: <c>default</c>, <c>test</c> or <c>unstable</c>.</summary>
    public string Channel { get; init; } = "default";

    /// <summary>Distributions it holds patches for.</summary>
    public IReadOnlyList<string> Distros { get; init; } = [];

    /// <summary>One line on what it brings.</summary>
    public string Summary { get; init; } = "";

    /// <summary>What it brings, Markdown.</summary>
    public string Changelog { get; init; } = "";

    /// <summary>Its patches.</summary>
    public required IReadOnlyList<ManifestTarget> Targets { get; init; }

    /// <summary>Reads and checks a manifest.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="now">Releases more than five minutes after this are refused.</param>
    /// <exception cref="PatchsetException">It is malformed; the message names the field.</exception>
    public static Manifest Parse(ReadOnlyMemory<byte> json, PatchsetLimits limits, DateTimeOffset now) =>
        ManifestReader.Read(json, limits, now);

    /// <summary>Writes what <see cref="Parse"/> reads; the same manifest always gives the same bytes.</summary>
    public byte[] ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
            ManifestWriter.Write(json, this);
        return buffer.ToArray();
    }
}
