using System.Text.Json;
using EPortal.AgentClient.Wire;
using EPortal.Data;
using EPortal.Format;

namespace EPortal.Agents;

/// <summary>
/// Reads check-ins leniently. An invalid field is dropped; the whole is refused only if it endangers the portal or
/// leaves the host unclear: size, depth, malformed JSON, and a server id that is not text or is given twice.
/// </summary>
internal static class CheckInReader
{
    private const int MaxBuildIds = 10_000;

    // As in AgentJson, the strict reader of the same.
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 16 };

    /// <summary>The check-in of a host.</summary>
    /// <exception cref="RefusedException">It is no JSON object, or does not say which host it is of.</exception>
    public static CheckInRequest Host(ReadOnlyMemory<byte> json, DroppedFields dropped)
    {
        using var document = Parse(json);
        var sent = new SentFields(document.RootElement, dropped);
        return new CheckInRequest
        {
            ServerId = ServerId(document.RootElement, sent),
            Hostname = sent.Text("hostname") ?? "",
            KernelId = sent.Text("kernel_id") ?? "",
            Release = sent.Text("release") ?? "",
            Euname = sent.Text("euname") ?? "",
            PatchLevel = (int)(sent.Number("patch_level", int.MaxValue, cut: false) ?? 0),
            PatchType = sent.Text("patch_type") ?? "",
            Uptime = sent.Number("uptime", long.MaxValue, cut: true) ?? 0,
            Version = sent.Text("version") ?? "",
            Virt = sent.Text("virt") ?? "",
            KcareVersion = sent.Text("kcare_version") ?? "",
            Distro = sent.Text("distro") ?? "",
            DistroVersion = sent.Text("distro_version") ?? "",
            Machine = sent.Text("machine") ?? "",
            Processor = sent.Text("processor") ?? "",
            Tags = sent.Text("tags", optional: true),
            StickyPatchset = sent.Text("sticky_patchset", optional: true),
            UpdateDelay = sent.Number("update_delay", long.MaxValue, cut: true, optional: true),
            LastUpdate = sent.Object("last_update") is { } last ? Last(last) : null,
        };
    }

    /// <summary>The build-ids of what runs on a host, each once; invalid ones are dropped.</summary>
    /// <exception cref="RefusedException">It is no JSON object, does not say which host it is of, or they are too
    /// many.</exception>
    public static (string ServerId, IReadOnlyList<string> BuildIds) Userspace(
        ReadOnlyMemory<byte> json,
        Product product,
        DroppedFields dropped
    )
    {
        using var document = Parse(json);
        var sent = new SentFields(document.RootElement, dropped);
        var serverId = ServerId(document.RootElement, sent);
        if (sent.List("build_ids") is not { } list)
            return (serverId, []);
        if (list.GetArrayLength() > MaxBuildIds)
            throw new RefusedException(Refusal.Invalid, $"field build_ids must have at most {MaxBuildIds} entries");
        var ids = list.EnumerateArray().Select(id => SentFields.TextOrNull(id)?.ToLowerInvariant()).ToList();
        if (ids.Any(id => !IsBuildId(product, id)))
            dropped.Add("build_ids", "contains an invalid build-id");
        return (
            serverId,
            [.. ids.Where(id => IsBuildId(product, id)).Select(id => id!).Distinct(StringComparer.Ordinal)]
        );
    }

    private static bool IsBuildId(Product product, string? id) => id is not null && TargetId.IsValid(product, id);

    /// <summary>Empty where it is not given.</summary>
    private static string ServerId(JsonElement json, SentFields sent) =>
        sent.IsRepeated("server_id")
            ? throw new RefusedException(Refusal.Invalid, "field server_id is given more than once")
        : !json.TryGetProperty("server_id", out var id) ? ""
        : SentFields.TextOrNull(id) ?? throw new RefusedException(Refusal.Invalid, "field server_id must be a string");

    private static LastUpdate Last(SentFields sent) =>
        new()
        {
            Level = (int)(sent.Number("level", int.MaxValue, cut: false) ?? 0),
            Result = sent.Text("result") ?? "",
            Message = sent.Text("message") ?? "",
        };

    private static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, s_options);
        }
        catch (JsonException e)
        {
            throw new RefusedException(
                Refusal.Invalid,
                $"invalid JSON at line {(e.LineNumber ?? 0) + 1} of the check-in"
            );
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        document.Dispose();
        throw new RefusedException(Refusal.Invalid, "a check-in must be a JSON object");
    }
}
