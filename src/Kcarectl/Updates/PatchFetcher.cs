using EPortal.AgentClient;
using EPortal.Format;
using Kcarectl.Cli;

namespace Kcarectl.Updates;

/// <summary>
/// Fetches a patch and uses nothing of it before a trusted key's signature is checked: first the
/// description and its signature, then the payload with the sizes and hashes of the signed description.
/// </summary>
internal sealed class PatchFetcher(PortalClient portal, PatchCache cache, TrustedKeys keys, string kernelId)
{
    private const int MaxFiles = 64;
    private const long MaxTotal = 1L << 30;

    /// <exception cref="AgentException">It differs from what was announced or signed.</exception>
    /// <exception cref="PortalException">Cannot be fetched.</exception>
    public async Task<VerifiedPatch> FetchAsync(PatchOffer offer, CancellationToken cancel)
    {
        var folder = cache.Prepare(kernelId, offer.Level);
        await FetchAsync(
            folder,
            offer.Level,
            offer.Description.Name,
            new FileEntry(offer.Description.Size, offer.Description.Sha256),
            cancel
        );
        await FetchAsync(
            folder,
            offer.Level,
            offer.Signature.Name,
            new FileEntry(offer.Signature.Size, offer.Signature.Sha256),
            cancel
        );
        var description = Verify(folder);
        Compare(description, offer);
        foreach (var (name, entry) in description.Files)
            await FetchAsync(folder, offer.Level, name, entry, cancel);
        return new VerifiedPatch(folder, description);
    }

    private PatchDescription Verify(string folder)
    {
        try
        {
            var content = File.ReadAllBytes(Path.Combine(folder, PatchDescription.FileName));
            var signature = File.ReadAllText(Path.Combine(folder, PatchDescription.SignatureFileName));
            keys.Verify(content, signature, PatchDescription.FileName);
            return PatchDescription.Parse(content, PatchsetLimits.Default);
        }
        catch (PatchsetException e)
        {
            throw new AgentException(ExitCode.NotTrusted, $"patch refused: {e.Message}", e);
        }
    }

    private void Compare(PatchDescription description, PatchOffer offer)
    {
        if (description.Format != 1)
            throw Refused($"its format is {description.Format}, this agent supports 1 only");
        if (description.Product != Product.Kernel)
            throw Refused($"it is for the product {description.Product.Token()}");
        if (description.Target != kernelId)
            throw Refused($"it is for kernel {description.Target}, this is {kernelId}");
        if (description.Level != offer.Level)
            throw Refused($"level {offer.Level} was offered, but level {description.Level} was signed");
        if (description.Patchset != offer.Patchset)
            throw Refused($"{offer.Patchset} was offered, but {description.Patchset} was signed");
        if (description.Files.Count > MaxFiles || description.Files.Keys.Any(n => !PatchFileName.IsValid(n)))
            throw Refused($"it has more than {MaxFiles} files, or one with a bad name");
        if (
            description.Files.Values.Any(f => f.Size is < 0 or > MaxTotal)
            || description.Files.Values.Sum(f => f.Size) > MaxTotal
        )
            throw Refused($"it is larger than {MaxTotal} bytes");
    }

    private async Task FetchAsync(string folder, int level, string name, FileEntry entry, CancellationToken cancel)
    {
        var path = Path.Combine(folder, name);
        if (await IsHereAsync(path, entry, cancel))
            return;
        await portal.DownloadAsync(kernelId, level, name, path, entry.Size, entry.Sha256, cancel);
    }

    private static async Task<bool> IsHereAsync(string path, FileEntry entry, CancellationToken cancel)
    {
        if (!File.Exists(path) || new FileInfo(path).Length != entry.Size)
            return false;
        await using var file = File.OpenRead(path);
        return await FileHash.Sha256Async(file, cancel) == entry.Sha256;
    }

    private static AgentException Refused(string why) => new(ExitCode.NotTrusted, $"patch refused: {why}");
}
