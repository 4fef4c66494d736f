using EPortal.Data;

namespace EPortal.Tests.Data;

internal static class Samples
{
    public static Fields PatchsetFields(string name, long released = 1) =>
        new()
        {
            { "product", "kernel" },
            { "name", name },
            { "released", released },
            { "channel", "default" },
            { "distros", "debian12" },
            { "summary", "" },
            { "changelog", "" },
            { "manifest_sha256", "00" },
            { "archive", $"{name}.tar" },
            { "signed_by", (string?)null },
        };
}
