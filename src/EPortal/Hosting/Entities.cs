using EPortal.Accounts;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Patchsets;
using EPortal.Servers;

namespace EPortal.Hosting;

/// <summary>All kinds of replicated entities, each declared by its feature.</summary>
internal static class Entities
{
    /// <summary>The catalog.</summary>
    public static readonly EntityCatalog Catalog = new([
        Patchset.Entity,
        Feed.Entity,
        Placement.Entity,
        Key.Entity,
        Server.Entity,
        User.Entity,
        ApiKey.Entity,
    ]);
}
