using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>Patchsets that are here, and their files.</summary>
internal static class PatchsetsFeature
{
    /// <summary>Adds them.</summary>
    /// <param name="services">Where to add.</param>
    /// <param name="keyFile">The portal's own signing key; made when it is missing.</param>
    /// <param name="trusted">Keys that patchsets must be signed with.</param>
    /// <param name="limits">Bounds on archives.</param>
    public static void AddPatchsets(
        this IServiceCollection services,
        string keyFile,
        TrustedKeys trusted,
        PatchsetLimits limits
    )
    {
        services.AddSingleton(limits);
        services.AddSingleton(_ => PortalSigner.Open(keyFile, trusted));
        services.AddSingleton<PatchsetLibrary>();
        services.AddSingleton<PatchFileIndex>();
    }

    /// <summary>Adds what only the server needs.</summary>
    public static void AddPatchsetsWeb(this IServiceCollection services) => services.AddSingleton<PatchDelivery>();
}
