using System.Text.Json;
using Dapper;
using EPortal.Data;

namespace EPortal.Servers;

/// <summary>A tag and how many servers have it.</summary>
internal sealed record TagCount
{
    /// <summary>The tag.</summary>
    public required string Tag { get; init; }

    /// <summary>Its servers.</summary>
    public required long Servers { get; init; }
}

/// <summary>Tags, seen from themselves.</summary>
internal sealed class TagStore(Database database, ChangeLog log)
{
    /// <summary>Why a tag cannot be changed.</summary>
    public const string NoServer = "tag not found; no server has it any more";

    /// <summary>Tags by name.</summary>
    public static IReadOnlyList<TagCount> List(Session session, int limit, long offset) =>
        session
            .Connection.Query<TagCount>(
                "SELECT tag, servers FROM server_tag_count ORDER BY tag LIMIT @limit OFFSET @offset",
                new { limit, offset }
            )
            .AsList();

    /// <summary>How many tags there are.</summary>
    public static long Count(Session session) =>
        session.Connection.ExecuteScalar<long>("SELECT count(*) FROM server_tag_count");

    /// <summary>The tag as most servers write it; null when none has it.</summary>
    public static TagCount? FindOrNull(Session session, string tag) =>
        session.Connection.QueryFirstOrDefault<TagCount>(
            "SELECT tag, servers FROM server_tag_count WHERE tag = @tag",
            new { tag }
        );

    /// <summary>
    /// Gives a tag another name wherever it is, and says on how many servers; with one that is there already it becomes
    /// the same.
    /// </summary>
    /// <exception cref="RefusedException">The new name is none, or the same, or no server has the tag.</exception>
    public Task<int> Rename(Actor actor, string tag, string name)
    {
        if (ServerStore.Normalise(name) is not { Length: > 0 } given || given.Contains(';'))
            throw new RefusedException(Refusal.Invalid, "a tag must not contain semicolons");
        return given != tag
            ? Replace(actor, tag, given, "tag.rename", $"{tag} to {given}")
            : throw new RefusedException(Refusal.Invalid, $"the tag already has the name '{given}'");
    }

    /// <summary>Takes a tag away wherever it is, and says from how many servers.</summary>
    /// <exception cref="RefusedException">No server has it.</exception>
    public Task<int> Remove(Actor actor, string tag) => Replace(actor, tag, name: null, "tag.remove", tag);

    private async Task<int> Replace(Actor actor, string tag, string? name, string action, string detail)
    {
        var servers = database.Read(session =>
            session.Connection.Query<long>("SELECT server FROM server_tag WHERE tag = @tag", new { tag }).AsList()
        );
        var changed = 0;
        foreach (var some in servers.Chunk(ServerBulk.PerChange))
        {
            changed += await log.Commit(
                actor,
                change =>
                {
                    var concerned = new List<string>();
                    foreach (var (id, tags, hostname) in Read(change, some))
                    {
                        var has = tags.Split(';', StringSplitOptions.RemoveEmptyEntries);
                        if (!has.Contains(tag, StringComparer.OrdinalIgnoreCase))
                            continue;
                        var others = has.Where(one =>
                            !one.Equals(tag, StringComparison.OrdinalIgnoreCase)
                            && !one.Equals(name, StringComparison.OrdinalIgnoreCase)
                        );
                        ServerStore.SetTags(change, id, string.Join(';', name is null ? others : others.Append(name)));
                        concerned.Add(hostname);
                    }

                    if (concerned.Count > 0)
                    {
                        change.Note(
                            action,
                            $"{detail}: {ServerBulk.Servers(concerned.Count)}",
                            [new FieldChange("tag", tag, name ?? "")],
                            ServersOfEntry.Of(concerned)
                        );
                    }

                    return concerned.Count;
                }
            );
        }

        return changed > 0 ? changed : throw new RefusedException(Refusal.NotFound, NoServer);
    }

    private static List<(string Id, string Tags, string Hostname)> Read(Change change, long[] servers) =>
        change
            .Db.Query<(string, string, string)>(
                $"""
                SELECT s.id, s.tags, coalesce(x.hostname, s.hostname) FROM {change.Session.Dialect.Numbers(
                    "@servers"
                )} p {change.Session.Dialect.JoinInOrder} server s ON s.local = p.value
                LEFT JOIN server_facts x ON x.server = s.local
                """,
                new { servers = JsonSerializer.Serialize(servers) }
            )
            .AsList();
}
