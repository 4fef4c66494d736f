using EPortal.AgentClient.Wire;
using EPortal.Data;
using EPortal.Format;
using EPortal.Servers;
using EPortal.Servers.CheckIns;

namespace EPortal.Agents;

/// <summary>
/// Turns what a host sends into facts that can be stored: bounded, on one line, in range. The rest is dropped.
/// </summary>
internal static class CheckInFacts
{
    private const int MaxText = 256;

    /// <summary>The check-in in <paramref name="request"/>, which came from <paramref name="ip"/>.</summary>
    /// <param name="request">What was sent.</param>
    /// <param name="ip">Where from.</param>
    /// <param name="dropped">Fields dropped so far; more are added.</param>
    public static CheckIn From(CheckInRequest request, string ip, DroppedFields dropped)
    {
        var facts = new ServerFacts
        {
            Ip = ip,
            Hostname = Text("hostname", request.Hostname),
            KernelId = KernelId(request.KernelId, dropped),
            Release = Text("release", request.Release),
            Euname = Text("euname", request.Euname),
            PatchLevel = NotNegative("patch_level", request.PatchLevel, dropped),
            PatchType = Text("patch_type", request.PatchType),
            Version = Text("version", request.Version),
            Virt = Text("virt", request.Virt),
            KcareVersion = Text("kcare_version", request.KcareVersion),
            Distro = Text("distro", request.Distro),
            DistroVersion = Text("distro_version", request.DistroVersion),
            Machine = Text("machine", request.Machine),
            Processor = Text("processor", request.Processor),
            StickyPatchset = Text("sticky_patchset", request.StickyPatchset),
            UpdateDelay = NotNegative("update_delay", request.UpdateDelay ?? 0, dropped),
            UpdateResult = request.LastUpdate is { } last ? UpdateResult(last, dropped) : "",
        };
        var uptime = NotNegative("uptime", request.Uptime, dropped);
        var tags = TextOrNull("tags", request.Tags, dropped, ServerStore.MaxTags);
        return new CheckIn(dropped.IsEmpty ? facts : facts with { Dropped = dropped.ToString() }, uptime, tags);

        string Text(string field, string? value) => TextOrNull(field, value, dropped) ?? "";
    }

    /// <summary>A host name that an agent registers with; its address where that cannot be kept.</summary>
    /// <exception cref="RefusedException">It gave none.</exception>
    public static string Hostname(string? name, string address, DroppedFields dropped) =>
        string.IsNullOrEmpty(name)
            ? throw new RefusedException(Refusal.Invalid, "field hostname is missing")
            : TextOrNull("hostname", name, dropped) ?? address;

    /// <summary>Empty when invalid: then there is no level to offer.</summary>
    private static string KernelId(string id, DroppedFields dropped)
    {
        if (TargetId.IsValid(Product.Kernel, id))
            return id;
        if (id.ToLowerInvariant() is var lower && TargetId.IsValid(Product.Kernel, lower))
        {
            dropped.IsAdapted = true;
            return lower;
        }

        dropped.Add("kernel_id", id.Length == 0 ? "is missing" : "is not 40 hex digits");
        return "";
    }

    private static string UpdateResult(LastUpdate last, DroppedFields dropped)
    {
        switch (last.Result)
        {
            case LastUpdate.Ok:
                return LastUpdate.Ok;
            case LastUpdate.Failed:
                return $"{LastUpdate.Failed}: level {last.Level}: {TextOrNull("last_update.message", last.Message, dropped, LastUpdate.MaxMessage)}";
            default:
                dropped.Add("last_update.result", "is neither ok nor failed");
                return "";
        }
    }

    private static string? TextOrNull(string field, string? value, DroppedFields dropped, int max = MaxText)
    {
        if (value is null || (value.Length <= max && !value.Any(char.IsControl)))
            return value;
        dropped.Add(field, value.Length > max ? $"has more than {max} characters" : "contains control characters");
        return null;
    }

    private static long NotNegative(string field, long value, DroppedFields dropped)
    {
        if (value >= 0)
            return value;
        dropped.Add(field, "is negative");
        return 0;
    }
}
