namespace EPortal.Blobs;

/// <summary>Patch files on disk.</summary>
internal static class BlobsFeature
{
    /// <summary>Adds them.</summary>
    /// <param name="services">Where to add.</param>
    /// <param name="root">Folder that patches are kept in.</param>
    public static void AddBlobs(this IServiceCollection services, string root)
    {
        services.AddSingleton(_ => new PatchFolders(root));
        services.AddSingleton<FileIntegrity>();
    }
}
