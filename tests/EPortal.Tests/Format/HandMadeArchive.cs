using System.Text;
using System.Text.Json.Nodes;
using EPortal.Format;

namespace EPortal.Tests.Format;

/// <summary>An unsigned archive of one kernel put together by hand, to be changed in one point by a test.</summary>
internal sealed class HandMadeArchive
{
    public static readonly string Id = SamplePatchset.Kernel('c');
    public static readonly byte[] Payload = SamplePatchset.Text("the payload");

    /// <summary>Where the payload lies.</summary>
    public static string PayloadName => $"{Id}/1/kpatch.bin";

    /// <summary>The manifest, to be edited.</summary>
    public JsonObject Manifest { get; } =
        JsonNode
            .Parse(
                (
                    SamplePatchset.Head() with
                    {
                        Targets =
                        [
                            SamplePatchset.Target(Id) with
                            {
                                Files = new Dictionary<string, FileEntry>
                                {
                                    ["kpatch.bin"] = SamplePatchset.Entry(Payload),
                                },
                            },
                        ],
                    }
                ).ToJson()
            )!
            .AsObject();

    /// <summary>Its only target.</summary>
    public JsonObject Target => Manifest["targets"]![0]!.AsObject();

    /// <summary>The files of that target.</summary>
    public JsonObject Files => Target["files"]!.AsObject();

    /// <summary>A file's entry as JSON.</summary>
    public static JsonObject Entry(byte[] content) =>
        new() { ["size"] = content.Length, ["sha256"] = SamplePatchset.Entry(content).Sha256 };

    /// <summary>Manifest, payload, and what the test adds.</summary>
    public byte[] With(Func<TarBytes, TarBytes> more) => more(Begin().Add(PayloadName, Payload)).End();

    /// <summary>Manifest and what the test adds.</summary>
    public TarBytes Begin() => new TarBytes().Add(EPortal.Format.Manifest.FileName, Json());

    public byte[] Json() => Encoding.UTF8.GetBytes(Manifest.ToJsonString());

    /// <summary>The archive with its payload and nothing else.</summary>
    public byte[] Bytes() => With(tar => tar);

    /// <summary>The archive with the text of its manifest changed.</summary>
    public byte[] WithText(string old, string replacement)
    {
        var text = Manifest.ToJsonString();
        if (!text.Contains(old, StringComparison.Ordinal))
            throw new InvalidOperationException($"The manifest has no {old}.");
        return new TarBytes()
            .Add(
                EPortal.Format.Manifest.FileName,
                Encoding.UTF8.GetBytes(text.Replace(old, replacement, StringComparison.Ordinal))
            )
            .Add(PayloadName, Payload)
            .End();
    }
}
