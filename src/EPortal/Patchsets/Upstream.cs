using EPortal.Data;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>Source of patchsets that are not here.</summary>
internal abstract class Upstream
{
    /// <summary>Nowhere: no patch source is set.</summary>
    public static readonly Upstream None = new Nowhere();

    /// <summary>Fetches patchsets; those already here are skipped.</summary>
    /// <exception cref="RefusedException">One of them is not available.</exception>
    public abstract Task Fetch(Actor actor, Product product, IReadOnlyList<string> names, CancellationToken cancel);

    /// <summary>
    /// Names of the listed patchsets of a product that are wanted here. The others are fetched only by name.
    /// </summary>
    public abstract IReadOnlySet<string> Wanted(Session session, Product product);

    /// <summary>
    /// Opens a patch file that is not here. Its end is held back until its hash is verified, so nobody gets all of a
    /// wrong file.
    /// </summary>
    /// <exception cref="UnavailableException">It is not available now.</exception>
    public abstract Task<Stream> Open(PatchFileLocation file, CancellationToken cancel);

    private sealed class Nowhere : Upstream
    {
        public override Task Fetch(
            Actor actor,
            Product product,
            IReadOnlyList<string> names,
            CancellationToken cancel
        ) =>
            throw new RefusedException(
                Refusal.Conflict,
                $"{string.Join(", ", names)} cannot be fetched: no patch source is set; deploy the archive first"
            );

        public override IReadOnlySet<string> Wanted(Session session, Product product) => new HashSet<string>();

        public override Task<Stream> Open(PatchFileLocation file, CancellationToken cancel) =>
            throw new UnavailableException("file not found, and no patch source is set");
    }
}

/// <summary>Something is not available now, but may be later; nothing was changed.</summary>
internal sealed class UnavailableException(string message, Exception? inner = null)
    : UserFacingException(message, inner);
