using Dapper;
using EPortal.Data;

namespace EPortal.Feeds;

/// <summary>Values to give a feed; what is null stays as it is, or takes its default.</summary>
internal sealed record FeedSettings(bool? Auto = null, long? DeployAfter = null, string? Channel = null)
{
    /// <summary>Most hours that a patchset may have to wait: a year.</summary>
    public const int MaxDeployAfter = 24 * 365;

    /// <summary>A feed as it would be with them.</summary>
    public Feed Of(Feed feed) =>
        feed with
        {
            Auto = Auto ?? feed.Auto,
            DeployAfter = DeployAfter ?? feed.DeployAfter,
            Channel = Channel ?? feed.Channel,
        };
}

/// <summary>Adding, changing and deleting feeds. Each method is one transaction.</summary>
internal sealed class FeedStore(Database database, ChangeLog log)
{
    private const string Columns = "SELECT id, name, auto, deploy_after, channel FROM feed WHERE shadowed = 0";

    /// <summary>All feeds, <c>main</c> first, then by name.</summary>
    public IReadOnlyList<Feed> List() => database.Read(List);

    /// <summary>All feeds, <c>main</c> first, then by name.</summary>
    public static IReadOnlyList<Feed> List(Session session) =>
        session
            .Connection.Query<Row>($"{Columns} ORDER BY id <> '{Feed.MainId}', name")
            .Select(row => row.ToFeed())
            .ToList();

    /// <summary>The feed of that name.</summary>
    /// <exception cref="RefusedException">There is none.</exception>
    public Feed Get(string name) => database.Read(session => Get(session, name));

    /// <summary>The feed of that name.</summary>
    public static Feed? FindOrNull(Session session, string name) =>
        session.Connection.QueryFirstOrDefault<Row>($"{Columns} AND name = @name", new { name })?.ToFeed();

    /// <summary>The feed of that name.</summary>
    /// <exception cref="RefusedException">There is none.</exception>
    public static Feed Get(Session session, string name) =>
        FindOrNull(session, name) ?? throw new RefusedException(Refusal.NotFound, $"feed '{name}' not found");

    /// <summary>Makes a feed.</summary>
    /// <exception cref="RefusedException">The name is taken or malformed, or a value is out of range.</exception>
    public Task<Feed> Add(Actor actor, string name, FeedSettings settings) =>
        log.Commit(
            actor,
            change =>
            {
                Check(name, settings);
                return Add(change, name, settings);
            }
        );

    /// <summary>Changes a feed.</summary>
    /// <param name="actor">Who does it.</param>
    /// <param name="name">Name of the feed.</param>
    /// <param name="settings">What to change.</param>
    /// <param name="seen">Version of the feed on which that was decided; null where that does not matter.</param>
    /// <param name="check">Refuses, within the transaction, what is no longer allowed.</param>
    /// <exception cref="RefusedException">There is none of that name, it is <c>main</c> or another by now, or a value
    /// is out of range.</exception>
    public Task<Feed> Update(
        Actor actor,
        string name,
        FeedSettings settings,
        string? seen = null,
        Action<Session>? check = null
    ) =>
        log.Commit(
            actor,
            change =>
            {
                Check(name, settings);
                var feed = Get(change.Session, name);
                feed.Stored().RefuseUnless(seen);
                check?.Invoke(change.Session);
                return Update(change, feed, settings);
            }
        );

    /// <summary>Changes the feed of that name, or makes it.</summary>
    /// <exception cref="RefusedException">It is <c>main</c>, or the name or a value is malformed.</exception>
    public Task<Feed> Save(Actor actor, string name, FeedSettings settings) =>
        log.Commit(
            actor,
            change =>
            {
                Check(name, settings);
                return FindOrNull(change.Session, name) is { } feed
                    ? Update(change, feed, settings)
                    : Add(change, name, settings);
            }
        );

    /// <summary>Deletes a feed; its keys are on <c>main</c> from then on.</summary>
    /// <param name="actor">Who does it.</param>
    /// <param name="name">Name of the feed.</param>
    /// <param name="seen">Version of the feed on which that was decided; null where that does not matter.</param>
    /// <param name="check">Refuses, within the transaction, what is no longer allowed.</param>
    /// <exception cref="RefusedException">There is none of that name, it is <c>main</c>, or another by now.</exception>
    public Task<Feed> Delete(Actor actor, string name, string? seen = null, Action<Session>? check = null) =>
        log.Commit(
            actor,
            change =>
            {
                var feed = Get(change.Session, name);
                RefuseMain(feed, "deleted");
                feed.Stored().RefuseUnless(seen);
                check?.Invoke(change.Session);
                var keys = change
                    .Db.Query<string>(
                        """
                        SELECT DISTINCT k.name FROM feed one JOIN feed own ON own.name = one.name JOIN key k ON k.feed = own.id
                        WHERE one.id = @Id AND k.shadowed = 0 ORDER BY k.name LIMIT 100
                        """,
                        new { feed.Id }
                    )
                    .AsList();
                change.Delete(Feed.Entity, [feed.Id]);
                change.Note("feed.delete", name, [.. feed.Stored().AsDeleted(), .. KeysOf(keys)]);
                return feed;
            }
        );

    private static Feed Add(Change change, string name, FeedSettings settings)
    {
        Names.RefuseTaken(change.Session, Feed.Entity, "feed", name);
        var fields = Values(settings);
        fields.Add("name", name);
        change.Create(Feed.Entity, fields);
        var feed = Get(change.Session, name);
        change.Note("feed.add", name, feed.Stored().AsAdded());
        return feed;
    }

    private static IEnumerable<FieldChange> KeysOf(List<string> names) =>
        names.Count == 0 ? [] : [new FieldChange("keys", string.Join(' ', names), $"on {Feed.Main}")];

    private static Feed Update(Change change, Feed feed, FeedSettings settings)
    {
        if (feed.IsMain)
            throw new RefusedException(
                Refusal.Conflict,
                "feed 'main' has no settings: it is updated by `kc.eportal kcare update`; create another feed for automatic rollouts"
            );
        change.Update(Feed.Entity, feed.Id, Values(settings));
        var after = Get(change.Session, feed.Name);
        change.Note("feed.change", feed.Name, feed.Stored().ChangesTo(after.Stored()));
        return after;
    }

    /// <summary>Refuses <c>main</c>, to which nothing is <paramref name="what"/>.</summary>
    /// <exception cref="RefusedException">It is <c>main</c>.</exception>
    public static void RefuseMain(Feed feed, string what)
    {
        if (feed.IsMain)
            throw new RefusedException(Refusal.Conflict, $"feed 'main' cannot be {what}");
    }

    private static void Check(string name, FeedSettings settings)
    {
        Names.Check("feed name", name);
        if (settings.DeployAfter is < 0 or > FeedSettings.MaxDeployAfter)
            throw new RefusedException(Refusal.Invalid, "invalid deploy delay: use 0 to 8760 hours");
        if (settings.Channel is not (null or "default" or "test" or "unstable"))
            throw new RefusedException(
                Refusal.Invalid,
                $"invalid channel '{settings.Channel}': use default, test or unstable"
            );
    }

    private static Fields Values(FeedSettings settings)
    {
        var fields = new Fields();
        if (settings.Auto is { } auto)
            fields.Add("auto", auto);
        if (settings.DeployAfter is { } hours)
            fields.Add("deploy_after", hours);
        if (settings.Channel is { } channel)
            fields.Add("channel", channel);
        return fields;
    }

    private sealed record Row(string Id, string Name, long Auto, long DeployAfter, string Channel)
    {
        public Feed ToFeed() => new(Id, Name, Auto != 0, DeployAfter, Channel);
    }
}
