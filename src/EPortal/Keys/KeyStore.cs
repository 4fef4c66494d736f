using System.Security.Cryptography;
using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;

namespace EPortal.Keys;

/// <summary>Adding, changing and deleting keys. Each method is one transaction.</summary>
internal sealed class KeyStore(Database database, ChangeLog log)
{
    private const int MaxNote = 1000;
    private const int GeneratedLength = 16;

    private const string Columns = $"""
        SELECT k.id, k.name, k.note, {KeyFeed.Name} AS feed, k.server_limit, k.products
        FROM key k {KeyFeed.Join}
        WHERE k.shadowed = 0
        """;

    /// <summary>All keys by name.</summary>
    public IReadOnlyList<Key> List() =>
        database.Read(session =>
            session.Connection.Query<Row>($"{Columns} ORDER BY k.name").Select(row => row.ToKey()).ToList()
        );

    /// <summary>Names of all keys.</summary>
    public static IReadOnlyList<string> Names(Session session) =>
        session.Connection.Query<string>("SELECT name FROM key WHERE shadowed = 0 ORDER BY name").AsList();

    /// <summary>
    /// Names of all keys, and of those that were deleted as far as the user log tells: hosts out there may still have
    /// them in scripts.
    /// </summary>
    public static IReadOnlyList<string> NamesEver(Session session) =>
        session
            .Connection.Query<string>(
                "SELECT name FROM key UNION SELECT detail FROM user_log WHERE action = 'key.delete'"
            )
            .AsList();

    /// <summary>Names of all keys, each with the feed that its servers follow.</summary>
    public static IReadOnlyList<(string Name, string Feed)> Feeds(Session session) =>
        session
            .Connection.Query<(string, string)>(
                $"SELECT k.name, {KeyFeed.Name} FROM key k {KeyFeed.Join} WHERE k.shadowed = 0 ORDER BY k.name"
            )
            .AsList();

    /// <summary>The name of the key that has this name or id; the text itself where there is none.</summary>
    public static string NameOf(Session session, string nameOrId) =>
        session.Connection.QueryFirstOrDefault<string>(
            "SELECT name FROM key WHERE shadowed = 0 AND (name = @nameOrId OR id = @nameOrId) ORDER BY CASE name WHEN @nameOrId THEN 0 ELSE 1 END",
            new { nameOrId }
        ) ?? nameOrId;

    /// <summary>The name of the key of that id; empty, which is no key's name, where there is none.</summary>
    public static string NameOfId(Session session, string id) =>
        session.Connection.QueryFirstOrDefault<string>("SELECT name FROM key WHERE id = @id", new { id }) ?? "";

    /// <summary>The key of that name.</summary>
    public static Key? FindOrNull(Session session, string name) =>
        session.Connection.QueryFirstOrDefault<Row>($"{Columns} AND k.name = @name", new { name })?.ToKey();

    /// <summary>The key of that name.</summary>
    /// <exception cref="RefusedException">There is none.</exception>
    public static Key Get(Session session, string name) =>
        FindOrNull(session, name) ?? throw new RefusedException(Refusal.NotFound, $"key '{name}' not found");

    /// <summary>Makes a key; without a name one of 16 random letters and digits.</summary>
    /// <exception cref="RefusedException">The name is taken or malformed, or a value is.</exception>
    public Task<Key> Add(Actor actor, string? name, KeySettings settings) =>
        log.Commit(actor, change => Add(change, name, settings));

    /// <summary>Changes a key; its servers follow at once.</summary>
    /// <param name="actor">Who does it.</param>
    /// <param name="name">Name of the key.</param>
    /// <param name="settings">What to change.</param>
    /// <param name="seen">Version of the key on which that was decided; null where that does not matter.</param>
    /// <param name="check">Refuses, within the transaction, what is no longer allowed.</param>
    /// <exception cref="RefusedException">There is none of that name, it is another by now, or a value is
    /// malformed.</exception>
    public Task<Key> Update(
        Actor actor,
        string name,
        KeySettings settings,
        string? seen = null,
        Action<Session>? check = null
    ) =>
        log.Commit(
            actor,
            change =>
            {
                var key = Get(change.Session, name);
                key.Stored().RefuseUnless(seen);
                check?.Invoke(change.Session);
                return Update(change, key, settings);
            }
        );

    /// <summary>Changes the key of that name, or makes it.</summary>
    /// <exception cref="RefusedException">The name or a value is malformed.</exception>
    public Task<Key> Save(Actor actor, string? name, KeySettings settings) =>
        log.Commit(
            actor,
            change =>
                name is { Length: > 0 } && FindOrNull(change.Session, name) is { } key
                    ? Update(change, key, settings)
                    : Add(change, name, settings)
        );

    private static Key Add(Change change, string? name, KeySettings settings)
    {
        name = string.IsNullOrEmpty(name) ? RandomNumberGenerator.GetString(Letters, GeneratedLength) : name;
        Data.Names.Check("key name", name);
        Data.Names.RefuseTaken(change.Session, Key.Entity, "key", name);
        var fields = Values(
            change.Session,
            settings with
            {
                Feed = settings.Feed ?? Feed.Main,
                Products = settings.Products ?? Products.All,
            }
        );
        fields.Add("name", name);
        change.Create(Key.Entity, fields);
        var key = Get(change.Session, name);
        change.Note("key.add", name, key.Stored().AsAdded());
        return key;
    }

    private static Key Update(Change change, Key key, KeySettings settings)
    {
        change.Update(Key.Entity, key.Id, Values(change.Session, settings));
        var after = Get(change.Session, key.Name);
        change.Note("key.change", key.Name, key.Stored().ChangesTo(after.Stored()));
        return after;
    }

    /// <summary>Deletes a key within a change that also deletes its servers.</summary>
    public static void Delete(Change change, Key key, ServersOfEntry servers)
    {
        change.Delete(Key.Entity, [key.Id]);
        change.Note("key.delete", key.Name, key.Stored().AsDeleted(), servers);
    }

    /// <summary>What generated names and ids are made of.</summary>
    internal const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private static Fields Values(Session session, KeySettings settings)
    {
        var fields = new Fields();
        if (settings.Note is { } note)
            fields.Add(
                "note",
                note.Length <= MaxNote && !note.Any(char.IsControl)
                    ? note
                    : throw new RefusedException(
                        Refusal.Invalid,
                        $"the note must be one line of at most {MaxNote} characters"
                    )
            );
        if (settings.Feed is { } feed)
            fields.Add("feed", FeedStore.Get(session, feed).Id);
        if (settings.ServerLimit is { } limit)
            fields.Add(
                "server_limit",
                limit is >= 0 and <= int.MaxValue
                    ? limit
                    : throw new RefusedException(Refusal.Invalid, "invalid server limit: use 0 (none) to 2147483647")
            );
        if (settings.Products is { } products)
            fields.Add("products", AllowedProducts.ToText(products));
        return fields;
    }

    /// <summary>
    /// Filled by property: without rows the database tells no type of a computed column, which no constructor fits.
    /// </summary>
    private sealed class Row
    {
        public required string Id { get; init; }
        public required string Name { get; init; }
        public required string Note { get; init; }
        public required string Feed { get; init; }
        public required long ServerLimit { get; init; }
        public required string Products { get; init; }

        public Key ToKey() => new(Id, Name, Note, Feed, ServerLimit, AllowedProducts.Parse(Products));
    }
}
