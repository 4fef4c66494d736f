using Dapper;
using EPortal.Api.Guards;
using EPortal.Data;

namespace EPortal.Accounts;

/// <summary>Local accounts. Each method is one transaction.</summary>
internal sealed class UserStore(Database database, ChangeLog log, int minPasswordLength, PasswordCost cost)
{
    /// <summary>Most characters of a password.</summary>
    public const int MaxPasswordLength = 1024;

    private const int MaxDescription = 1000;

    private readonly Lazy<string> _decoy = new(() => PasswordHash.Make("no such user", cost));

    private static readonly string s_columns =
        $"SELECT id, name, description, admin, {User.Entity.HeldSql("account")} AS held, password, identity, stamps FROM account WHERE shadowed = 0";

    /// <summary>Fewest characters of a password.</summary>
    public int MinPasswordLength { get; } = minPasswordLength;

    /// <summary>All users by name.</summary>
    public IReadOnlyList<User> List() =>
        database.Read(session =>
            session.Connection.Query<Row>($"{s_columns} ORDER BY name").Select(row => row.ToUser()).ToList()
        );

    /// <summary>The user of that name; null for an unknown one.</summary>
    public User? FindOrNull(string name) => CredentialOrNull(name)?.User;

    /// <summary>What a login of that name is checked against.</summary>
    public Credential? CredentialOrNull(string name) =>
        database.Read(session => FindRow(session, name)) is { } row ? new Credential(row.ToUser(), row.Password) : null;

    /// <summary>
    /// Whether a password is right. An unknown name costs the same as a wrong password, so that names cannot be told by
    /// the clock.
    /// </summary>
    public bool Verify(SecretAttempt attempt, Credential? credential, string password)
    {
        attempt.Demand();
        return PasswordHash.Verify(password, credential?.Hash ?? _decoy.Value) && credential?.Hash is not null;
    }

    /// <summary>
    /// Whether a local user has this name, or one that a directory does not tell from it: asking there would let people
    /// past the local user by writing the name otherwise.
    /// </summary>
    public bool IsShielded(string name)
    {
        var folded = UserName.FoldWithoutMarks(name);
        return database
            .Read(session =>
                session
                    .Connection.Query<string>("SELECT name FROM account WHERE shadowed = 0 AND password IS NOT NULL")
                    .AsList()
            )
            .Any(local => UserName.FoldWithoutMarks(local) == folded);
    }

    /// <summary>A name for comparisons.</summary>
    public static string Folded(string name) => UserName.Fold(name);

    /// <summary>Told where nobody is admin.</summary>
    public const string NoAdmin =
        "no user is an admin, so nobody can change anything in the console or API; make one with `kc.eportal user set -r admin NAME`";

    /// <summary>Names of all users.</summary>
    public static IEnumerable<string> Names(Session session) =>
        session.Connection.Query<string>("SELECT name FROM account WHERE shadowed = 0 ORDER BY name");

    /// <summary>Whether the user of that name is the only admin.</summary>
    public bool IsLastAdmin(string name) =>
        database.Read(session => FindRow(session, name)?.ToUser().IsAdmin == true && CountAdmins(session) == 1);

    /// <summary>Whether anybody is admin.</summary>
    public bool AnyAdmin() => database.Read(CountAdmins) > 0;

    /// <summary>Whether there is anybody who can log in.</summary>
    public bool Any() =>
        database.Read(session =>
            session.Connection.ExecuteScalar<long>("SELECT EXISTS (SELECT 1 FROM account WHERE shadowed = 0)")
        ) != 0;

    /// <summary>
    /// The account of a user confirmed by an external system; the first login creates a read-only one. It is found by
    /// the identity alone: an account that merely has the same name is another one, and the new one is named otherwise.
    /// </summary>
    /// <exception cref="RefusedException">It is a new one, whose name cannot be one here.</exception>
    public Task<User> Enter(Actor actor, ExternalIdentity who) =>
        log.Commit(
            actor,
            change =>
            {
                var known = change.Db.QueryFirstOrDefault<Row>(
                    $"{s_columns} AND identity IN (@Key, @FormerKey) ORDER BY identity <> @Key, id",
                    new { who.Key, who.FormerKey }
                );
                if (known is not null)
                {
                    if (known.Identity != who.Key)
                    {
                        // However the name is written from now on, it is this account.
                        change.Update(User.Entity, known.Id, new Fields { { "identity", who.Key } });
                        change.Note("user.change", known.Name);
                    }

                    ExternalLogins.NoteLogin(change, known.Id, who);
                    return known.ToUser();
                }

                CheckName(who.WantedName);
                var taken = change
                    .Db.Query<string>("SELECT name FROM account WHERE shadowed = 0")
                    .Select(UserName.FoldWithoutMarks)
                    .ToHashSet(StringComparer.Ordinal);
                var name = Candidates(who).First(candidate => !taken.Contains(UserName.FoldWithoutMarks(candidate)));
                change.Create(
                    User.Entity,
                    new Fields
                    {
                        { "name", name },
                        { "description", who.Description },
                        { "admin", false },
                        { "identity", who.Key },
                    }
                );
                var added = Get(change, name);
                change.Note("user.add", $"{name} at the first login", added.Stored().AsAdded());
                ExternalLogins.NoteLogin(change, added.Id, who);
                return added.ToUser();
            }
        );

    /// <summary>Makes a user.</summary>
    /// <exception cref="RefusedException">The name is taken or malformed, or the password too short.</exception>
    public Task<User> Add(Actor actor, string name, UserSettings settings)
    {
        var hash = CheckedHash(settings);
        return log.Commit(actor, change => Add(change, name, settings, hash));
    }

    /// <summary>Changes a user.</summary>
    /// <param name="actor">Who does it.</param>
    /// <param name="name">Name of the user.</param>
    /// <param name="settings">What to change.</param>
    /// <param name="keepAnAdmin">Whether to refuse when nobody would be admin any more.</param>
    /// <param name="seen">Version of the user on which that was decided; null where that does not matter.</param>
    /// <exception cref="RefusedException">There is none of that name, it is another by now, the password is too short,
    /// or nobody would be admin any more.</exception>
    public Task<User> Update(
        Actor actor,
        string name,
        UserSettings settings,
        bool keepAnAdmin = false,
        string? seen = null
    )
    {
        var hash = CheckedHash(settings);
        return log.Commit(
            actor,
            change =>
            {
                var before = Get(change, name);
                before.ToUser().Stored().RefuseUnless(seen);
                return Update(change, before, settings, hash, keepAnAdmin);
            }
        );
    }

    /// <summary>Changes the user of that name, or makes it; somebody stays admin.</summary>
    /// <exception cref="RefusedException">The name is malformed, the password is too short or missing for a new user,
    /// or nobody would be admin any more.</exception>
    public Task<User> Save(Actor actor, string name, UserSettings settings)
    {
        var hash = CheckedHash(settings);
        return log.Commit(
            actor,
            change =>
                FindRow(change.Session, name) is { } before
                    ? Update(change, before, settings, hash, keepAnAdmin: true)
                    : Add(change, name, settings, hash)
        );
    }

    /// <summary>Adds a user within a change that does more.</summary>
    /// <param name="change">The change.</param>
    /// <param name="name">Name.</param>
    /// <param name="settings">Role and description.</param>
    /// <param name="hash">Hash of the password (<see cref="PasswordHash"/>).</param>
    /// <exception cref="RefusedException">The name is malformed, reserved or taken, or there is no hash.</exception>
    internal static User Add(Change change, string name, UserSettings settings, string? hash)
    {
        CheckName(name);
        if (IsReserved(name))
            throw new RefusedException(Refusal.Invalid, $"user name '{name}' is reserved; choose another name");
        if (hash is null)
            throw new RefusedException(Refusal.Invalid, "a new user needs a password");
        if (SameOrNull(change.Session, name) is { } same)
            throw Data.Names.Taken("user", same, name);
        change.Create(
            User.Entity,
            new Fields
            {
                { "name", name },
                { "description", settings.Description ?? "" },
                { "password", hash },
                { "admin", settings.IsAdmin ?? true },
            }
        );
        var added = Get(change, name);
        change.Note("user.add", name, added.Stored().AsAdded());
        return added.ToUser();
    }

    private static User Update(Change change, Row before, UserSettings settings, string? hash, bool keepAnAdmin)
    {
        var user = before.ToUser();
        var fields = new Fields();
        if (hash is not null)
            fields.Add("password", hash);
        if (settings.Description is { } description)
            fields.Add("description", description);
        // A role that stays is not written again: sessions end with each change of it.
        var role = settings.IsAdmin == user.IsAdmin ? null : settings.IsAdmin;
        if (role is { } admin)
            fields.Add("admin", admin);
        if (role is false)
            change.Hold(User.Entity, user.Id, fields);
        else if (role is true)
            change.Release(User.Entity, user.Id, fields);
        else
            change.Update(User.Entity, user.Id, fields);
        var after = Get(change, user.Name);
        change.Note("user.change", user.Name, before.Stored().ChangesTo(after.Stored()));
        CheckThatAnAdminStays(change, user, keepAnAdmin, "demote");
        return after.ToUser();
    }

    /// <summary>Hashes the password before the commit, which it would hold up; null for none.</summary>
    private string? CheckedHash(UserSettings settings)
    {
        Check(settings);
        return settings.Password is { } password ? Hash(password) : null;
    }

    /// <summary>Deletes a user.</summary>
    /// <param name="actor">Who does it.</param>
    /// <param name="name">Name of the user.</param>
    /// <param name="keepAnAdmin">Whether to refuse when nobody would be admin any more.</param>
    /// <param name="seen">Version of the user on which that was decided; null where that does not matter.</param>
    /// <exception cref="RefusedException">There is none of that name, it is another by now, or nobody would be admin
    /// any more.</exception>
    public Task<User> Delete(Actor actor, string name, bool keepAnAdmin = false, string? seen = null) =>
        log.Commit(
            actor,
            change =>
            {
                var user = Get(change, name).ToUser();
                user.Stored().RefuseUnless(seen);
                foreach (var id in change.SameName(User.Entity, user.Id))
                    ApiKeyStore.DeleteOf(change, id);
                change.Delete(User.Entity, [user.Id]);
                change.Note("user.delete", name, user.Stored().AsDeleted());
                CheckThatAnAdminStays(change, user, keepAnAdmin, "delete");
                return user;
            }
        );

    /// <summary>A user with the hash of its password; null where it is kept elsewhere.</summary>
    internal sealed record Credential(User User, string? Hash);

    private string Hash(string password) => PasswordHash.Make(password, cost);

    private static Row Get(Change change, string name) =>
        FindRow(change.Session, name) ?? throw new RefusedException(Refusal.NotFound, $"user '{name}' not found");

    private static Row? FindRow(Session session, string name) =>
        session.Connection.QueryFirstOrDefault<Row>($"{s_columns} AND name = @name", new { name });

    /// <summary>The name of a user that is the same but for capitals and the like; null for none.</summary>
    private static string? SameOrNull(Session session, string name)
    {
        var folded = UserName.Fold(name);
        return session
            .Connection.Query<string>("SELECT name FROM account WHERE shadowed = 0")
            .FirstOrDefault(other => UserName.Fold(other) == folded);
    }

    /// <summary>From far nobody may end the last admin: only the command line could then help.</summary>
    private static void CheckThatAnAdminStays(Change change, User before, bool asked, string action)
    {
        if (asked && before.IsAdmin && CountAdmins(change.Session) == 0)
            throw new RefusedException(
                Refusal.Conflict,
                $"cannot {action} the last admin: make another user admin first"
            );
    }

    private static long CountAdmins(Session session) =>
        session.Connection.ExecuteScalar<long>(
            $"SELECT count(*) FROM account WHERE shadowed = 0 AND {User.Entity.HeldSql("account")} = 0 AND admin <> 0"
        );

    /// <summary>
    /// Whether a name would pass for somebody else in the user log: the portal itself, agents, nobody known, the
    /// command line.
    /// </summary>
    public static bool IsReserved(string name) =>
        UserName.Fold(name) is var folded
        && (
            folded == Actor.Portal.Name
            || folded == Actor.Agent.Name
            || folded == Actor.Nobody
            || folded.StartsWith(Actor.CommandLinePrefix, StringComparison.Ordinal)
        );

    private static IEnumerable<string> Candidates(ExternalIdentity who)
    {
        yield return who.Name;
        var name = Shortened(who.WantedName, UserName.MaxLength / 2);
        var realm = Shortened(who.Realm, UserName.MaxLength / 2 - 12);
        yield return $"{name}@{realm}";
        for (var number = 2; ; number++)
            yield return $"{name}@{realm}.{number}";
    }

    /// <summary>The beginning of a text, without half a character at its end.</summary>
    private static string Shortened(string text, int most) =>
        text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];

    private static void CheckName(string name)
    {
        if (UserName.ProblemOrNull(name) is { } problem)
            throw new RefusedException(Refusal.Invalid, problem);
    }

    private void Check(UserSettings settings)
    {
        if (
            settings.Password is { } password
            && (password.Length < MinPasswordLength || password.Length > MaxPasswordLength)
        )
            throw new RefusedException(
                Refusal.Invalid,
                $"invalid password: use {MinPasswordLength} to {MaxPasswordLength} characters"
            );
        if (settings.Description is { } text && (text.Length > MaxDescription || text.Any(Steers)))
            throw new RefusedException(
                Refusal.Invalid,
                $"the description must be one line of at most {MaxDescription} characters"
            );
    }

    /// <summary>
    /// Whether a character breaks a line or turns text round; joiners that make one sign of several do not.
    /// </summary>
    private static bool Steers(char c) =>
        char.IsControl(c)
        || c
            is '\u2028'
                or '\u2029'
                or '\u061c'
                or (>= '\u200e' and <= '\u200f')
                or (>= '\u202a' and <= '\u202e')
                or (>= '\u2066' and <= '\u2069');

    /// <summary>
    /// Properties instead of a constructor: of an empty result SQLite does not know the types of expressions.
    /// </summary>
    private sealed record Row
    {
        public string Id { get; init; } = "";
        public string Name { get; init; } = "";
        public string Description { get; init; } = "";
        public long Admin { get; init; }
        public long Held { get; init; }
        public string? Password { get; init; }
        public string? Identity { get; init; }
        public string Stamps { get; init; } = "";

        public User ToUser() =>
            new(Id, Name, Description, Admin != 0 && Held == 0) { Identity = Identity, Stamps = Stamps };

        /// <summary>Its fields, for the user log, which tells that the password was changed.</summary>
        public StoredFields Stored() => ToUser().Stored().WithSecret("password", "Password", Password);
    }
}
