using EPortal.Feeds;

namespace EPortal.Keys;

/// <summary>
/// The feed that servers of a key follow, as SQL for queries in which the key is <c>k</c>: the visible feed <c>f</c> of
/// the name of the key's feed, or main where that feed was deleted.
/// </summary>
internal static class KeyFeed
{
    /// <summary>Joins the feed.</summary>
    public const string Join =
        "LEFT JOIN feed own_feed ON own_feed.id = k.feed LEFT JOIN feed f ON f.name = own_feed.name AND f.shadowed = 0";

    /// <summary>Its entity id.</summary>
    public const string Id = $"coalesce(f.id, '{Feed.MainId}')";

    /// <summary>Its name.</summary>
    public const string Name = $"coalesce(f.name, '{Feed.Main}')";
}
