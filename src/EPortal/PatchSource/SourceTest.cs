using System.Globalization;
using EPortal.Data;
using EPortal.Format;

namespace EPortal.PatchSource;

/// <summary>The result of testing a patch source.</summary>
/// <param name="Ok">Whether its index is accepted.</param>
/// <param name="Error">Code of <see cref="SourceError"/>; null when all is well.</param>
/// <param name="Message">One sentence.</param>
/// <param name="Version">Version of its index.</param>
/// <param name="Expires">When that expires.</param>
/// <param name="SignedBy">Id of the pinned key that signed it; null while none is pinned.</param>
/// <param name="Patchsets">How many patchsets it lists, by product.</param>
/// <param name="Distros">Distributions of its kernel patchsets.</param>
internal sealed record SourceFinding(
    bool Ok,
    string? Error,
    string Message,
    long? Version = null,
    DateTimeOffset? Expires = null,
    string? SignedBy = null,
    IReadOnlyDictionary<string, int>? Patchsets = null,
    IReadOnlyList<string>? Distros = null
);

/// <summary>Tests a patch source: fetches and checks its index, and changes nothing.</summary>
internal sealed class SourceTest(
    Func<SourceSetting, SourceOptions> optionsOf,
    Database database,
    TrustedKeys trusted,
    PatchsetLimits limits,
    TimeProvider time
)
{
    /// <summary>Somebody waits for the answer.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Tries it.</summary>
    public async Task<SourceFinding> Run(SourceSetting setting, CancellationToken cancel)
    {
        if (setting.Url is null)
            return Failed(
                new SourceException(
                    SourceError.NotSet,
                    "no patch source is set; set one with `kc.eportal patch-source set --url URL`"
                )
            );
        var options = optionsOf(setting);
        options = options with { Attempts = 2, Timeout = options.Timeout < s_patience ? options.Timeout : s_patience };
        using var http = new SourceHttp(options, time);
        try
        {
            return Found(await new SourceClient(options, http, database, trusted, limits, time).FetchIndex(cancel));
        }
        catch (SourceException e)
        {
            return Failed(e);
        }
    }

    private static SourceFinding Failed(SourceException e) => new(Ok: false, e.Code.ToString(), e.Message);

    private static SourceFinding Found(TrustedIndex found)
    {
        var (index, counts) = (
            found.Index,
            found.Index.Patchsets.CountBy(entry => entry.Product.Token()).ToDictionary()
        );
        var signed = found.SignedBy is { } key
            ? $"signed by the pinned key {key}"
            : "signature not checked because TRUSTED_KEYS pins no key";
        return new SourceFinding(
            Ok: true,
            null,
            string.Create(
                CultureInfo.InvariantCulture,
                $"index version {index.Version}, {signed}, expires {index.Expires:yyyy-MM-dd HH:mm} UTC, lists {Listed(counts)}"
            ),
            index.Version,
            index.Expires,
            found.SignedBy,
            counts,
            DistrosOf(index.Patchsets)
        );
    }

    private static string Listed(Dictionary<string, int> counts) =>
        counts.Count == 0
            ? "no patchset"
            : string.Join(
                ", ",
                counts.Select(count => $"{count.Value} {count.Key} patchset{(count.Value == 1 ? "" : "s")}")
            );

    private static IReadOnlyList<string> DistrosOf(IEnumerable<RepositoryEntry> entries) =>
        [
            .. entries
                .Where(entry => entry.Product == Product.Kernel)
                .SelectMany(entry => entry.Distros)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];
}
