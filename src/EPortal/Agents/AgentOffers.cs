using Dapper;
using EPortal.AgentClient.Wire;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.Servers;
using EPortal.Servers.CheckIns;

namespace EPortal.Agents;

/// <summary>
/// What a host is to run: what its feed offers, unless the host asks to stay on a patchset or to wait longer.
/// </summary>
internal sealed class AgentOffers(Offers offers)
{
    /// <summary>Seconds; more than any patchset is old, and small enough to be reckoned with.</summary>
    private const long LongestDelay = 1000L * 365 * 24 * 3600;

    /// <summary>
    /// What a host is to run: nothing when its feed has nothing for its kernel, or its key does not allow kernel
    /// patches.
    /// </summary>
    public CheckInOutcome ForKernel(Session session, RegisteredServer server, ServerFacts facts, DateTimeOffset now)
    {
        var ofFeed = Find(session, server, Product.Kernel, facts.KernelId);
        if (ofFeed is null || !IsRestricted(facts))
            return new CheckInOutcome(ofFeed);
        var restricted = Restricted(session, server, facts, now);
        return new CheckInOutcome(restricted, IsHeldBack: restricted is null);
    }

    /// <summary>Whether a host wants something else than its feed offers.</summary>
    public static bool IsRestricted(ServerFacts facts) => facts.StickyPatchset.Length > 0 || facts.UpdateDelay > 0;

    /// <summary>The offer for a target, as the feed has it.</summary>
    public Offer? Find(Session session, RegisteredServer server, Product product, string target) =>
        server.Allows(product)
            ? offers.At(session, server.OfferRevision).FindOrNull(server.FeedId, product, target)
            : null;

    /// <summary>Whether any feed has something for a kernel.</summary>
    public bool IsSupported(Session session, string kernelId) =>
        offers.At(session).IsSupported(Product.Kernel, kernelId);

    /// <summary>The answer to a check-in.</summary>
    public static CheckInAnswer Answer(string kernelId, Offer? offer, bool isHeldBack = false) =>
        offer is null
            ? new CheckInAnswer { Supported = false, HeldBack = isHeldBack ? true : null }
            : new CheckInAnswer
            {
                Supported = true,
                Level = offer.Level,
                Patchset = offer.Patchset,
                Product = Product.Kernel.Token(),
                Files = Files(kernelId, offer),
            };

    /// <summary>The files of an offer with their addresses on this portal.</summary>
    public static IReadOnlyList<OfferedFile> Files(string target, Offer offer) =>
        [
            .. offer.Files.Select(file => new OfferedFile
            {
                Name = file.Name,
                Size = file.Size,
                Sha256 = file.Sha256,
                Url = $"/{target}/{offer.Level}/{file.Name}{Which(file)}",
            }),
        ];

    /// <summary>Of the description there may be several, one a patchset; of the payload there is one.</summary>
    private static string Which(PatchFile file) =>
        file.Name is PatchDescription.FileName or PatchDescription.SignatureFileName ? $"?sha256={file.Sha256}" : "";

    /// <summary>Few hosts ask for it, so it is read on demand and not cached.</summary>
    private static Offer? Restricted(Session session, RegisteredServer server, ServerFacts facts, DateTimeOffset now)
    {
        var allowed = session.Connection.Query<(long Level, string Name, string? Euname, string Files)>(
            $"""
            SELECT t.level, p.name, t.euname, t.files FROM {InForce.From}
            JOIN patchset_target t ON t.patchset = p.id
            WHERE {InForce.Where} AND f.id = @FeedId AND t.target = @KernelId AND t.product = 'kernel' AND (@sticky = '' OR p.name = @sticky) AND p.released <= @before
            ORDER BY p.released DESC, p.name DESC
            """,
            new
            {
                server.FeedId,
                facts.KernelId,
                sticky = facts.StickyPatchset,
                before = UnixMicros.Of(now) - (Math.Min(facts.UpdateDelay, LongestDelay) * 1_000_000),
            },
            buffered: false
        );
        return allowed
            .Select(row => new Offer((int)row.Level, row.Name, row.Euname, PatchFiles.Parse(row.Files)))
            .FirstOrDefault(offer => offer.IsComplete(Product.Kernel));
    }
}
