using System.Globalization;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.Feeds;

/// <summary>A named track of deployed patchsets.</summary>
/// <param name="Id">Entity id, the same on every node.</param>
/// <param name="Name">Unique.</param>
/// <param name="Auto">Whether new patchsets are enabled automatically.</param>
/// <param name="DeployAfter">Hours a patchset must have been here before that.</param>
/// <param name="Channel">Least stable channel it takes: <c>default</c>, <c>test</c> or <c>unstable</c>.</param>
internal sealed record Feed(string Id, string Name, bool Auto, long DeployAfter, string Channel)
{
    /// <summary>Name of the feed that always exists and is the default.</summary>
    public const string Main = "main";

    /// <summary>Entity id, the same on every node.</summary>
    public const string MainId = "000000000000.1";

    /// <summary>How the store sees it.</summary>
    public static readonly EntityType Entity = new("feed", "name", "auto", "deploy_after", "channel")
    {
        NamedBy = ["name"],
        ShapesOffers = true,
    };

    /// <summary>Whether it takes patchsets of a channel: those of its own and of more stable ones.</summary>
    public bool Takes(string channel) => Takes(Channel, channel);

    /// <summary>Whether a feed of one channel takes patchsets of another.</summary>
    public static bool Takes(string own, string channel) => Rank(channel) <= Rank(own);

    /// <summary>Its fields.</summary>
    public StoredFields Stored() => FieldsOf(Id, Auto, DeployAfter.ToString(CultureInfo.InvariantCulture), Channel);

    /// <summary>Fields of a feed, as stored or as typed.</summary>
    public static StoredFields FieldsOf(string id, bool auto, string deployAfter, string channel) =>
        new(id)
        {
            { "auto", "Auto update", auto },
            { "deploy_after", "Deploy after X hours", deployAfter },
            { "channel", "Channel", channel },
        };

    /// <summary>
    /// Whether auto update enables a patchset, now or once it has been here long enough: automatic feeds take those of
    /// their channels.
    /// </summary>
    public bool TakesByItself(Patchset patchset) => Auto && !IsMain && patchset.IsHere && Takes(patchset.Channel);

    /// <summary>Whether a patchset has been here for as long as the feed waits.</summary>
    public bool HasWaitedFor(Patchset patchset, DateTimeOffset now) =>
        patchset.AvailableAt <= now - TimeSpan.FromHours(DeployAfter);

    /// <summary>Whether it is the default feed.</summary>
    public bool IsMain => Id == MainId;

    private static int Rank(string channel) => Manifest.Channels.ToList().IndexOf(channel);
}
