using System.Globalization;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>Rewrites archives with another signature.</summary>
internal static class ArchiveSigner
{
    /// <summary>Signs an archive and each patch in it; existing signatures are replaced.</summary>
    /// <param name="source">The archive.</param>
    /// <param name="destination">Where the signed one goes; its ending says how to compress. May be the same
    /// file.</param>
    /// <param name="key">Signs it.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="now">The current time.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="PatchsetException">The archive is bad.</exception>
    public static async Task<Manifest> SignAsync(
        string source,
        string destination,
        MinisignSecretKey key,
        PatchsetLimits limits,
        DateTimeOffset now,
        CancellationToken cancel
    )
    {
        var folder = Directory.CreateTempSubdirectory("eportal-sign-").FullName;
        try
        {
            var builder = await UnpackAsync(source, folder, limits, now, cancel);
            return await ArchiveFile.WriteAsync(destination, builder, key, cancel);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<PatchsetBuilder> UnpackAsync(
        string path,
        string folder,
        PatchsetLimits limits,
        DateTimeOffset now,
        CancellationToken cancel
    )
    {
        await using var file = ArchiveFile.Open(path);
        var staged = await PatchsetArchive.UnpackAsync(file, folder, TrustedKeys.None, limits, now, cancel);
        var builder = new PatchsetBuilder(staged.Manifest);
        foreach (var target in staged.Manifest.Targets)
        {
            builder.AddTarget(target);
            var place = Path.Combine(folder, target.Id, target.Level.ToString(CultureInfo.InvariantCulture));
            foreach (var name in PatchDescription.Of(staged.Manifest, target).Files.Keys)
                builder.AddFile(target.Id, name, () => File.OpenRead(Path.Combine(place, name)));
        }

        return builder;
    }
}
