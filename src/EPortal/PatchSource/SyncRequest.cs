using EPortal.Format;

namespace EPortal.PatchSource;

/// <summary>Which of the listed patchsets are wanted.</summary>
/// <param name="Distros">Distributions whose kernel patchsets are wanted; none means all.</param>
/// <param name="Newest">How many of the newest of a product are wanted; null is all.</param>
internal sealed record SyncScope(IReadOnlyList<string> Distros, int? Newest)
{
    /// <summary>The entries of a product that are wanted here, oldest first.</summary>
    public IEnumerable<RepositoryEntry> Of(Product product, IEnumerable<RepositoryEntry> listed) =>
        listed
            .Where(entry => entry.Product == product && entry.State == RepositoryState.Available)
            .Where(entry => product != Product.Kernel || Distros.Count == 0 || entry.Distros.Intersect(Distros).Any())
            .OrderByDescending(entry => entry.Released)
            .ThenByDescending(entry => entry.Name, StringComparer.Ordinal)
            .Take(Newest ?? int.MaxValue)
            .Reverse();
}

/// <summary>What a sync is to bring.</summary>
/// <param name="Products">Of these products.</param>
/// <param name="Whole">Archives; else manifests only, whose files are fetched when agents ask for them.</param>
/// <param name="Complete">Also the archives of patchsets that are here by their manifest, or whose files were
/// lost.</param>
internal sealed record SyncRequest(IReadOnlyList<Product> Products, bool Whole, bool Complete = false);

/// <summary>What a sync brought.</summary>
/// <param name="Version">Version of the index.</param>
/// <param name="Fetched">Patchsets that are here now and were not.</param>
/// <param name="Failed">Those that could not be had, with the reason.</param>
internal sealed record SyncReport(
    long Version,
    IReadOnlyList<RepositoryEntry> Fetched,
    IReadOnlyList<(RepositoryEntry Entry, string Reason)> Failed
)
{
    /// <summary>A warning about a cache that answered instead of the source; null if none did.</summary>
    public string? Copy { get; init; }
}
