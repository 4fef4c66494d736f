using System.Globalization;
using Dapper;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.Feeds;

/// <summary>
/// Keeps the offer table in sync with the store: a reader whose snapshot has another revision, whichever process
/// changed it, gets a table of that revision. Contents of patchsets change only with their signer, so they are read
/// once.
/// </summary>
internal sealed class Offers
{
    private readonly Lock _loading = new();
    private Dictionary<string, KeyValuePair<(Product, string), Offer>[]> _contents = new(StringComparer.Ordinal);
    private volatile OfferTable? _current;

    /// <summary>The offers as of the session's snapshot.</summary>
    public OfferTable At(Session session) => At(session, Node.Read(session).OfferRevision);

    /// <summary>The offers as of the session's snapshot, whose revision the caller has read already.</summary>
    public OfferTable At(Session session, long revision)
    {
        if (_current is { } current && current.Revision == revision)
            return current;

        // Held while reading on purpose: all callers that wait here would read the same.
        lock (_loading)
        {
            if (_current is { } renewed && renewed.Revision == revision)
                return renewed;
            var table = Load(session, revision);
            if (_current is null || _current.Revision < revision)
                _current = table;
            return table;
        }
    }

    private OfferTable Load(Session session, long revision)
    {
        var placements = session
            .Connection.Query<Placed>(
                $"""
                SELECT f.id AS feed, p.id AS patchset, p.name, p.signed_by FROM {InForce.From}
                WHERE {InForce.Where}
                ORDER BY f.id, p.released, p.name
                """
            )
            .AsList();
        var contents = new Dictionary<string, KeyValuePair<(Product, string), Offer>[]>(StringComparer.Ordinal);
        foreach (var placed in placements)
        {
            if (!contents.ContainsKey(placed.Contents))
                contents.Add(
                    placed.Contents,
                    _contents.GetValueOrDefault(placed.Contents) ?? ReadContents(session, placed)
                );
        }

        _contents = contents;
        var tables = new Dictionary<string, IReadOnlyDictionary<(Product, string), Offer>>(StringComparer.Ordinal);
        var feeds = placements
            .GroupBy(placement => placement.Feed, placement => placement.Contents)
            .ToDictionary(feed => feed.Key, feed => Shared(tables, [.. feed]), StringComparer.Ordinal);
        return new OfferTable(revision, feeds);
    }

    /// <summary>Feeds with the same patchsets share one table.</summary>
    private IReadOnlyDictionary<(Product, string), Offer> Shared(
        Dictionary<string, IReadOnlyDictionary<(Product, string), Offer>> tables,
        string[] patchsets
    )
    {
        var key = string.Join(',', patchsets);
        if (tables.TryGetValue(key, out var table))
            return table;
        var offers = new Dictionary<(Product, string), Offer>();
        foreach (var (target, offer) in patchsets.SelectMany(patchset => _contents[patchset]))
            offers[target] = offer;
        return tables[key] = offers;
    }

    /// <summary>
    /// A patch without its payload, which earlier versions imported, is not offered; an older level that works is.
    /// </summary>
    private static KeyValuePair<(Product, string), Offer>[] ReadContents(Session session, Placed placed) =>
        [
            .. session
                .Connection.Query<(string Product, string Target, long Level, string? Euname, string Files)>(
                    "SELECT product, target, level, euname, files FROM patchset_target WHERE patchset = @Patchset",
                    new { placed.Patchset }
                )
                .Select(row =>
                    KeyValuePair.Create(
                        (ProductOf(row.Product), row.Target),
                        new Offer((int)row.Level, placed.Name, row.Euname, PatchFiles.Parse(row.Files))
                    )
                )
                .Where(offered => offered.Value.IsComplete(offered.Key.Item1)),
        ];

    /// <summary>A patchset that a feed offers.</summary>
    private sealed record Placed(string Feed, string Patchset, string Name, string? SignedBy)
    {
        /// <summary>What its contents are known by.</summary>
        public string Contents => $"{Patchset} {SignedBy}";
    }

    private static Product ProductOf(string token) =>
        Products.TryParse(token, out var product)
            ? product
            : throw new StoreException(
                StoreError.Unusable,
                string.Create(CultureInfo.InvariantCulture, $"unknown product '{token}' in the database")
            );
}
