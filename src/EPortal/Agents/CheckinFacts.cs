using EPortal.AgentClient.Wire;
using EPortal.Data;
using EPortal.Format;
using EPortal.Servers;

namespace EPortal.Agents;

/// <summary>Turns what a host says of itself into facts that may be stored: bounded, on one line, in range.</summary>
internal static class CheckinFacts
{
    private const int MaxText = 256;
    private const int MaxBuildIds = 10_000;

    /// <summary>The check-in in <paramref name="request"/>, which came from <paramref name="ip"/>.</summary>
    /// <exception cref="RefusedException">A field is not of its form; the message names it.</exception>
    public static CheckIn From(CheckinRequest request, string ip)
    {
        if (!TargetId.IsValid(Product.Kernel, request.KernelId))
            throw Bad("kernel_id", "must be 40 lower-case hex digits");
        return new CheckIn(
            new ServerFacts
            {
                Ip = ip,
                Hostname = Text("hostname", request.Hostname),
                KernelId = request.KernelId,
                Release = Text("release", request.Release),
                Euname = Text("euname", request.Euname),
                PatchLevel = NotNegative("patch_level", request.PatchLevel),
                PatchType = Text("patch_type", request.PatchType),
                Version = Text("version", request.Version),
                Virt = Text("virt", request.Virt),
                KcareVersion = Text("kcare_version", request.KcareVersion),
                Distro = Text("distro", request.Distro),
                DistroVersion = Text("distro_version", request.DistroVersion),
                Machine = Text("machine", request.Machine),
                Processor = Text("processor", request.Processor),
                StickyPatchset = Text("sticky_patchset", request.StickyPatchset ?? ""),
                UpdateDelay = NotNegative("update_delay", request.UpdateDelay ?? 0),
                UpdateResult = request.LastUpdate is { } last ? UpdateResult(last) : "",
            },
            NotNegative("uptime", request.Uptime),
            request.Tags is { } tags ? Text("tags", tags, ServerStore.MaxTags) : null);
    }

    /// <summary>A host name as registration takes it.</summary>
    /// <exception cref="RefusedException">It is not of that form.</exception>
    public static string Hostname(string? name) =>
        string.IsNullOrEmpty(name) ? throw Bad("hostname", "is missing") : Text("hostname", name);

    /// <summary>The build-ids of a request.</summary>
    /// <exception cref="RefusedException">There are too many, or one is malformed.</exception>
    public static IReadOnlyList<string> BuildIds(Product product, IReadOnlyList<string> ids)
    {
        if (ids.Count > MaxBuildIds)
            throw Bad("build_ids", $"must be at most {MaxBuildIds}");
        return ids.All(id => id is not null && TargetId.IsValid(product, id))
            ? [.. ids.Distinct(StringComparer.Ordinal)]
            : throw Bad("build_ids", "must be lower-case hex build-ids");
    }

    private static string UpdateResult(LastUpdate last) => last.Result switch
    {
        LastUpdate.Ok => LastUpdate.Ok,
        LastUpdate.Failed => $"{LastUpdate.Failed}: level {last.Level}: {Text("last_update.message", last.Message, LastUpdate.MaxMessage)}",
        _ => throw Bad("last_update.result", "must be ok or failed"),
    };

    private static string Text(string field, string value, int max = MaxText) =>
        value.Length > max ? throw Bad(field, $"must be at most {max} characters")
        : value.Any(char.IsControl) ? throw Bad(field, "must not hold control characters")
        : value;

    private static long NotNegative(string field, long value) =>
        value >= 0 ? value : throw Bad(field, "must not be negative");

    private static RefusedException Bad(string field, string what) => new(Refusal.Invalid, $"The field {field} {what}.");
}
