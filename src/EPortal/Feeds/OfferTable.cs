using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.Feeds;

/// <summary>What a feed offers one target.</summary>
/// <param name="Level">The level an agent should run.</param>
/// <param name="Patchset">The newest enabled patchset that holds the target.</param>
/// <param name="Euname">Kernel version the host is then as safe as.</param>
/// <param name="Files">The patch's files.</param>
internal sealed record Offer(int Level, string Patchset, string? Euname, IReadOnlyList<PatchFile> Files)
{
    /// <summary>Whether the patch has what agents need; one that lacks it is not offered.</summary>
    public bool IsComplete(Product product) =>
        RequiredFiles.LackingOrNull(product, Files.Select(file => (file.Name, file.Size))) is null;
}

/// <summary>What every feed offers every target at one revision. Immutable; replaced as a whole.</summary>
internal sealed class OfferTable(
    long revision,
    IReadOnlyDictionary<string, IReadOnlyDictionary<(Product Product, string Target), Offer>> feeds
)
{
    /// <summary>The offer revision of the store it was read at.</summary>
    public long Revision { get; } = revision;

    /// <summary>What <paramref name="feedId"/> offers <paramref name="target"/>.</summary>
    public Offer? FindOrNull(string feedId, Product product, string target) =>
        feeds.TryGetValue(feedId, out var offers) && offers.TryGetValue((product, target), out var offer)
            ? offer
            : null;

    /// <summary>Whether any feed offers the target something.</summary>
    public bool IsSupported(Product product, string target) =>
        feeds.Values.Any(offers => offers.ContainsKey((product, target)));

    /// <summary>All offers of a feed.</summary>
    public IEnumerable<KeyValuePair<(Product Product, string Target), Offer>> Of(string feedId) =>
        feeds.TryGetValue(feedId, out var offers) ? offers : [];
}
