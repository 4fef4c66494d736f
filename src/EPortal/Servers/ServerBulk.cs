using System.Globalization;
using System.Text.Json;
using Dapper;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Servers.Search;

namespace EPortal.Servers;

/// <summary>
/// Changes to many servers at once. So that check-ins never wait for long, each some thousand are a change of their
/// own, with its line in the user log; the whole is bounded.
/// </summary>
internal sealed class ServerBulk(Database database, ChangeLog log, Offers offers, TimeProvider time)
{
    /// <summary>Servers in one change.</summary>
    public const int PerChange = 2000;

    /// <summary>Entity ids of the servers that a query matches.</summary>
    /// <exception cref="RefusedException">They are too many.</exception>
    public IReadOnlyList<string> Select(ServerQuery query) =>
        database.Read(session =>
        {
            var page = new ServerSelection(session, query, offers.At(session), time.GetUtcNow()).Page(
                ServerQuery.ManyFrom + 1,
                0
            );
            return page.Count <= ServerQuery.ManyFrom
                ? session
                    .Connection.Query<string>(
                        $"SELECT s.id FROM {session.Dialect.Numbers("@page")} p {session.Dialect.JoinInOrder} server s ON s.local = p.value",
                        new { page = JsonSerializer.Serialize(page) }
                    )
                    .AsList()
                : throw new RefusedException(
                    Refusal.Invalid,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"more than {ServerQuery.ManyFrom:N0} servers match, too many at once; add a filter"
                    )
                );
        });

    /// <summary>Those of these entity ids that servers have, each once.</summary>
    public IReadOnlyList<string> Existing(IReadOnlyList<string> servers) =>
        database.Read(session =>
            session
                .Connection.Query<string>(
                    $"SELECT DISTINCT s.id FROM {session.Dialect.Texts("@servers")} p {session.Dialect.JoinInOrder} server s ON s.id = p.value",
                    new { servers = JsonSerializer.Serialize(servers) }
                )
                .AsList()
        );

    /// <summary>Adds tags and says how many servers got any.</summary>
    /// <exception cref="RefusedException">There are none, or a server would have too many.</exception>
    public Task<int> AddTags(Actor actor, IReadOnlyList<string> servers, string tags, string? filter = null) =>
        ChangeTags(
            actor,
            servers,
            filter,
            "server.tags-add",
            tags,
            (has, given) => has.Union(given, StringComparer.OrdinalIgnoreCase)
        );

    /// <summary>Takes tags away and says how many servers had any.</summary>
    /// <exception cref="RefusedException">There are none.</exception>
    public Task<int> RemoveTags(Actor actor, IReadOnlyList<string> servers, string tags, string? filter = null) =>
        ChangeTags(
            actor,
            servers,
            filter,
            "server.tags-remove",
            tags,
            (has, given) => has.Except(given, StringComparer.OrdinalIgnoreCase)
        );

    /// <summary>Moves servers to a key and says how many had another.</summary>
    /// <param name="actor">Who does it.</param>
    /// <param name="servers">Entity ids of the servers.</param>
    /// <param name="key">Name of the key.</param>
    /// <param name="filter">The filter that chose them, for the user log; null for selected servers.</param>
    /// <param name="check">Refuses, within the transaction that begins it, what must not be done any more.</param>
    /// <exception cref="RefusedException">There is no such key, or its limit would be passed.</exception>
    public async Task<int> Move(
        Actor actor,
        IReadOnlyList<string> servers,
        string key,
        string? filter = null,
        Action<Session>? check = null
    )
    {
        var moved = 0;
        foreach (var some in Some(servers))
        {
            moved += await log.Commit(
                actor,
                change =>
                {
                    check?.Invoke(change.Session);
                    return Move(change, some, servers, KeyStore.Get(change.Session, key), filter);
                }
            );
            check = null;
        }

        return moved;
    }

    /// <summary>Moves one server to a key.</summary>
    /// <param name="actor">Who does it.</param>
    /// <param name="server">Entity id of the server.</param>
    /// <param name="key">Name of the key.</param>
    /// <param name="seen">Version of its key (<see cref="Server.KeyOf"/>) on which that was decided; null where that
    /// does not matter.</param>
    /// <param name="check">Refuses, within the transaction, what must not be done any more.</param>
    /// <exception cref="RefusedException">There is no such key, its limit would be passed, or the server has another by
    /// now.</exception>
    public Task<int> MoveOne(Actor actor, string server, string key, string? seen, Action<Session>? check = null) =>
        log.Commit(
            actor,
            change =>
            {
                check?.Invoke(change.Session);
                var has = change.Db.ExecuteScalar<string?>(
                    "SELECT k.name FROM server s JOIN key k ON k.id = s.key WHERE s.id = @server",
                    new { server }
                );
                Server.KeyOf(server, has ?? "").RefuseUnless(seen);
                return Move(change, [server], [server], KeyStore.Get(change.Session, key), filter: null);
            }
        );

    /// <summary>Deletes servers and says how many there were.</summary>
    public async Task<int> Delete(Actor actor, IReadOnlyList<string> servers, string? filter = null)
    {
        var deleted = 0;
        foreach (var some in Some(servers))
        {
            deleted += await log.Commit(
                actor,
                change =>
                {
                    var ids = Read(change, some).Select(server => server.Id).ToList();
                    var concerned = Concerned(change, ids, filter);
                    change.Delete(Server.Entity, ids);
                    return Noted(change, "server.delete", $"chosen in the console: {Servers(ids.Count)}", concerned);
                }
            );
        }

        return deleted;
    }

    private async Task<int> ChangeTags(
        Actor actor,
        IReadOnlyList<string> servers,
        string? filter,
        string action,
        string tags,
        Func<IEnumerable<string>, IEnumerable<string>, IEnumerable<string>> combine
    )
    {
        var given = Split(ServerStore.Normalise(tags));
        if (given.Length == 0)
            throw new RefusedException(Refusal.Invalid, "specify at least one tag");
        var changed = 0;
        foreach (var some in Some(servers))
        {
            changed += await log.Commit(
                actor,
                change =>
                {
                    var concerned = new List<string>();
                    foreach (var server in Read(change, some))
                    {
                        var has = Split(server.Tags);
                        var becomes = combine(has, given).ToList();
                        if (becomes.SequenceEqual(has))
                            continue;
                        ServerStore.SetTags(change, server.Id, string.Join(';', becomes));
                        concerned.Add(server.Id);
                    }

                    return Noted(
                        change,
                        action,
                        $"{string.Join(';', given)}: {Servers(concerned.Count)}",
                        Concerned(change, concerned, filter)
                    );
                }
            );
        }

        return changed;
    }

    private static int Move(Change change, string[] some, IReadOnlyList<string> all, Key key, string? filter)
    {
        var own = change.SameName(Key.Entity, key.Id);
        var elsewhere = Read(change, all)
            .Where(server => !own.Contains(server.Key))
            .Select(server => server.Id)
            .ToHashSet(StringComparer.Ordinal);
        var there = change.Db.ExecuteScalar<long>(
            $"SELECT count(*) FROM server WHERE key IN {VisibleKey.Ids}",
            new { key.Id }
        );
        if (key.ServerLimit > 0 && elsewhere.Count > 0 && there + elsewhere.Count > key.ServerLimit)
            throw new RefusedException(
                Refusal.Conflict,
                $"key '{key.Name}' has {there} of at most {key.ServerLimit} servers; {elsewhere.Count} more would exceed the limit"
            );
        var moving = some.Where(elsewhere.Contains).ToList();
        var (concerned, from) = (Concerned(change, moving, filter), string.Join(' ', KeysOf(change, moving)));
        foreach (var id in moving)
            change.Update(Server.Entity, id, new Fields { { "key", key.Id } });
        return Noted(
            change,
            "server.move",
            $"to key {key.Name}: {Servers(moving.Count)}",
            concerned,
            new FieldChange("key", from, key.Name)
        );
    }

    private static int Noted(
        Change change,
        string action,
        string detail,
        ServersOfEntry servers,
        params FieldChange[] changes
    )
    {
        if (servers.Count > 0)
            change.Note(action, detail, changes, servers);
        return (int)servers.Count;
    }

    /// <summary>What the user log tells of servers, which still have their names.</summary>
    private static ServersOfEntry Concerned(Change change, IReadOnlyCollection<string> ids, string? filter)
    {
        var names = change.Db.Query<string>(
            $"""
            SELECT coalesce(x.hostname, s.hostname) FROM {change.Session.Dialect.Texts(
                "@some"
            )} p {change.Session.Dialect.JoinInOrder} server s ON s.id = p.value
            LEFT JOIN server_facts x ON x.server = s.local
            """,
            new { some = JsonSerializer.Serialize(ids.Take(ServersOfEntry.MaxNames)) }
        );
        return ServersOfEntry.Of(names.AsList()) with { Count = ids.Count, Filter = filter };
    }

    /// <summary>Names of some of the keys that servers belong to.</summary>
    private static IEnumerable<string> KeysOf(Change change, IReadOnlyCollection<string> ids) =>
        change.Db.Query<string>(
            $"SELECT DISTINCT k.name FROM {change.Session.Dialect.Texts("@ids")} p {change.Session.Dialect.JoinInOrder} server s ON s.id = p.value JOIN key k ON k.id = s.key ORDER BY k.name LIMIT 10",
            new { ids = JsonSerializer.Serialize(ids) }
        );

    /// <summary>So many servers, for the user log.</summary>
    public static string Servers(int count) =>
        count == 1 ? "1 server" : string.Create(CultureInfo.InvariantCulture, $"{count:N0} servers");

    private static IEnumerable<string[]> Some(IReadOnlyList<string> servers) =>
        servers.Distinct(StringComparer.Ordinal).Chunk(PerChange);

    private static string[] Split(string tags) => tags.Split(';', StringSplitOptions.RemoveEmptyEntries);

    private static List<(string Id, string Key, string Tags)> Read(Change change, IEnumerable<string> servers) =>
        change
            .Db.Query<(string Id, string Key, string Tags)>(
                $"SELECT s.id, s.key, s.tags FROM {change.Session.Dialect.Texts("@servers")} p {change.Session.Dialect.JoinInOrder} server s ON s.id = p.value",
                new { servers = JsonSerializer.Serialize(servers) }
            )
            .AsList();
}
