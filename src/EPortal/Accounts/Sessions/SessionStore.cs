using System.Security.Cryptography;
using System.Text;
using Dapper;
using EPortal.Data;

namespace EPortal.Accounts.Sessions;

/// <summary>
/// Logins that last, kept here and not in the browser: that holds a random token of which only the SHA-256 is stored. A
/// session is void once its account is gone, or got another password or role since the login, wherever that was changed
/// and whether or not it was changed back.
/// </summary>
internal sealed class SessionStore(
    Database database,
    ChangeLog log,
    SessionLifetime lifetime,
    ExternalLogins external,
    TimeProvider time
)
{
    /// <summary>How sessions that began by a password are marked, in the user log too.</summary>
    public const string ByPassword = "password";

    private const int IdLength = 12;
    private const int TokenLength = 43;
    private const int MaxAgent = 200;
    private const int MaxPerAccount = 100;
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly string s_select = $"""
        SELECT l.id, l.mark, l.via, l.created, l.seen, l.address, l.agent,
          a.id AS account, a.stamp, a.stamps, a.name, a.description, a.admin, {User.Entity.HeldSql(
            "a"
        )} AS held, a.password, a.identity, e.settings
        FROM login_session l JOIN account a ON a.id = l.account AND a.shadowed = 0
        LEFT JOIN external_login e ON e.account = a.id
        """;

    /// <summary>Begins one and returns what the browser is to hold.</summary>
    /// <exception cref="RefusedException">The user is gone.</exception>
    public Task<string> Open(Actor actor, string userName, string via, string agent) =>
        log.Commit(
            actor,
            change =>
            {
                var account =
                    change.Db.QueryFirstOrDefault<SessionOwner>(
                        $"SELECT id AS account, stamp, stamps, admin, {User.Entity.HeldSql("account")} AS held, password FROM account WHERE name = @userName AND shadowed = 0",
                        new { userName }
                    ) ?? throw new RefusedException(Refusal.NotFound, $"user '{userName}' not found");
                DeleteEnded(change, account.Account);
                var token = RandomNumberGenerator.GetString(Letters, TokenLength);
                change.Session.Execute(
                    """
                    INSERT INTO login_session (id, token, account, mark, via, created, seen, address, agent)
                    VALUES (@id, @token, @account, @mark, @via, @now, @now, @address, @agent)
                    """,
                    ("@id", RandomNumberGenerator.GetString(Letters, IdLength)),
                    ("@token", Hash(token)),
                    ("@account", account.Account),
                    ("@mark", account.MarkNow),
                    ("@via", via),
                    ("@now", UnixMicros.Of(change.Now)),
                    ("@address", actor.Address ?? ""),
                    ("@agent", Clean(agent))
                );
                change.Note("login", via);
                return token;
            }
        );

    /// <summary>The session of a token, if it holds; its use is noted.</summary>
    public async Task<LoginSession?> UseOrNull(string token)
    {
        if (token.Length != TokenLength)
            return null;
        var now = time.GetUtcNow();
        var row = database.Read(session =>
            session.Connection.QueryFirstOrDefault<StoredSession>(
                $"{s_select} WHERE l.token = @token",
                new { token = Hash(token) }
            )
        );
        if (row is null || !Holds(row, now))
            return null;
        if (now - UnixMicros.ToTime(row.Seen) < lifetime.Step)
            return ToSession(row);
        await log.Commit(
            Actor.Portal,
            change =>
                change.Session.Execute(
                    "UPDATE login_session SET seen = CASE WHEN seen < @now THEN @now ELSE seen END WHERE id = @id",
                    ("@now", UnixMicros.Of(now)),
                    ("@id", row.Id)
                )
        );
        return ToSession(row) with { IsUseNoted = true };
    }

    /// <summary>Sessions that hold, newest first; of one user when a name is given.</summary>
    public IReadOnlyList<LoginSession> List(string? userName)
    {
        var now = time.GetUtcNow();
        return database.Read(session =>
            session
                .Connection.Query<StoredSession>(
                    $"{s_select} WHERE @userName IS NULL OR a.name = @userName ORDER BY l.created DESC, l.id",
                    new { userName }
                )
                .Where(row => Holds(row, now))
                .Select(ToSession)
                .ToList()
        );
    }

    /// <summary>
    /// Ends the session of that id and says whether there was one; only of this user when a name is given.
    /// </summary>
    public Task<bool> End(Actor actor, string id, string? userName) =>
        log.Commit(
            actor,
            change =>
            {
                var owner = change.Db.ExecuteScalar<string?>(
                    $"SELECT name FROM ({s_select}) WHERE id = @id",
                    new { id }
                );
                if (owner is null || (userName is not null && owner != userName))
                    return false;
                change.Session.Execute("DELETE FROM login_session WHERE id = @id", ("@id", id));
                change.Note("session.end", owner == actor.Name ? id : $"{id} of {owner}");
                return true;
            }
        );

    /// <summary>Ends all sessions of a user but one, and says how many.</summary>
    public Task<int> EndOthers(Actor actor, string userName, string keptId) =>
        log.Commit(
            actor,
            change =>
            {
                var ended = change.Db.Execute(
                    "DELETE FROM login_session WHERE id <> @keptId AND account = (SELECT id FROM account WHERE name = @userName AND shadowed = 0)",
                    new { userName, keptId }
                );
                if (ended > 0)
                    change.Note("session.end", $"{ended} others of {userName}");
                return ended;
            }
        );

    /// <summary>Ends the session of that token: its owner leaves.</summary>
    public Task<bool> Leave(Actor actor, string token) =>
        log.Commit(
            actor,
            change =>
            {
                if (
                    change.Db.Execute("DELETE FROM login_session WHERE token = @token", new { token = Hash(token) })
                    == 0
                )
                    return false;
                change.Note("logout", "");
                return true;
            }
        );

    /// <summary>Room for one more: what has ended goes, and of too many the one used longest ago.</summary>
    private void DeleteEnded(Change change, string account)
    {
        var rows = change.Db.Query<StoredSession>(s_select).ToList();
        var ended = rows.Where(row => !Holds(row, change.Now)).Select(row => row.Id);
        var surplus = rows.Where(row => row.Account == account)
            .OrderByDescending(row => row.Seen)
            .Skip(MaxPerAccount - 1)
            .Select(row => row.Id);
        change.Db.Execute("DELETE FROM login_session WHERE account NOT IN (SELECT id FROM account)");
        change.Db.Execute("DELETE FROM login_session WHERE id = @id", ended.Union(surplus).Select(id => new { id }));
    }

    private bool Holds(StoredSession row, DateTimeOffset now) =>
        row.Mark == row.MarkNow
        && now < EndOf(row)
        && external.Counts(row.Identity, row.Settings, UnixMicros.ToTime(row.Created), now);

    private DateTimeOffset EndOf(StoredSession row)
    {
        var created = UnixMicros.ToTime(row.Created);
        var end = lifetime.End(created, UnixMicros.ToTime(row.Seen));
        return row.Identity is not null && external.EndOf(row.Identity, created) is { } bound && bound < end
            ? bound
            : end;
    }

    private LoginSession ToSession(StoredSession row) =>
        new()
        {
            Id = row.Id,
            User = new User(row.Account, row.Name, row.Description, row.IsAdmin) { Identity = row.Identity },
            Via = row.Via,
            Created = UnixMicros.ToTime(row.Created),
            Seen = UnixMicros.ToTime(row.Seen),
            Expires = EndOf(row),
            Address = row.Address,
            Agent = row.Agent,
        };

    private static string Hash(string token) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private static string Clean(string text) => new([.. text.Where(c => !char.IsControl(c)).Take(MaxAgent)]);
}
