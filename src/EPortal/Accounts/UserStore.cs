using Dapper;
using EPortal.Data;

namespace EPortal.Accounts;

/// <summary>Local accounts. Each method is one transaction.</summary>
internal sealed class UserStore(Database database, ChangeLog log, int minPasswordLength)
{
    private const int MaxName = 64;
    private const int MaxPasswordLength = 1024;
    private const int MaxDescription = 1000;

    private const string Columns =
        "SELECT id, name, description, admin, held, password, identity, stamps FROM account WHERE shadowed = 0";

    /// <summary>Fewest characters of a password.</summary>
    public int MinPasswordLength { get; } = minPasswordLength;

    /// <summary>All users by name.</summary>
    public IReadOnlyList<User> List() => database.Read(session =>
        session.Connection.Query<Row>($"{Columns} ORDER BY name").Select(row => row.ToUser()).ToList());

    /// <summary>The user of that name, when the password is right.</summary>
    public User? AuthenticateOrNull(string name, string password)
    {
        var credential = CredentialOrNull(name);
        return Verify(credential, password) ? credential!.User : null;
    }

    /// <summary>The user of that name; null for an unknown one.</summary>
    public User? FindOrNull(string name) => CredentialOrNull(name)?.User;

    /// <summary>What a login of that name is checked against.</summary>
    public Credential? CredentialOrNull(string name) =>
        database.Read(session => FindRow(session, name)) is { } row ? new Credential(row.ToUser(), row.Password) : null;

    /// <summary>Whether a password is right. An unknown name costs the same as a wrong password, so that names cannot be told by the clock.</summary>
    public static bool Verify(Credential? credential, string password) =>
        PasswordHash.Verify(password, credential?.Hash ?? DecoyHash.Value) && credential?.Hash is not null;

    /// <summary>
    /// Whether a local user has this name, or one that a directory does not tell from it: asking there would let people past the
    /// local user by writing the name otherwise.
    /// </summary>
    public bool IsShielded(string name)
    {
        var folded = Folded(name);
        return database.Read(session => session.Connection.Query<string>("SELECT name FROM account WHERE shadowed = 0 AND password IS NOT NULL").AsList())
            .Any(local => Folded(local) == folded);
    }

    /// <summary>A name as directories compare those that are tried there: without case.</summary>
    public static string Folded(string name) => name.ToLowerInvariant();

    /// <summary>Whether there is anybody who can log in.</summary>
    public bool Any() => database.Read(session => session.Connection.ExecuteScalar<long>("SELECT EXISTS (SELECT 1 FROM account WHERE shadowed = 0)")) != 0;

    /// <summary>
    /// The account of somebody whom another system vouches for; the first time a read-only one is made. It is found by the
    /// identity alone: an account that merely has the same name is another one, and the new one is named otherwise.
    /// </summary>
    public Task<User> Enter(Actor actor, ForeignIdentity who) => log.Commit(actor, change =>
    {
        var known = change.Db.QueryFirstOrDefault<Row>($"{Columns} AND identity = @Key ORDER BY id", new { who.Key });
        if (known is not null)
            return known.ToUser();
        var name = Candidates(who).First(candidate => FindRow(change.Session, candidate) is null);
        change.Create(User.Entity, new Fields
        {
            { "name", name },
            { "description", who.Description },
            { "admin", false },
            { "identity", who.Key },
        });
        var added = Get(change, name);
        change.Note("user.add", $"{name} at the first login", added.Stored().AsAdded());
        return added.ToUser();
    });

    /// <summary>Makes a user.</summary>
    /// <exception cref="RefusedException">The name is taken or malformed, or the password too short.</exception>
    public Task<User> Add(Actor actor, string name, UserSettings settings)
    {
        Check(name, settings);
        if (IsReserved(name))
            throw new RefusedException(Refusal.Invalid, $"'{name}' stands for something else in the user log; take another name.");
        var hash = Hash(settings.Password ?? throw new RefusedException(Refusal.Invalid, "A new user needs a password."));
        return log.Commit(actor, change =>
        {
            if (FindRow(change.Session, name) is not null)
                throw new RefusedException(Refusal.Exists, $"There is a user '{name}' already.");
            change.Create(User.Entity, new Fields
            {
                { "name", name },
                { "description", settings.Description ?? "" },
                { "password", hash },
                { "admin", settings.IsAdmin ?? true },
            });
            var added = Get(change, name);
            change.Note("user.add", name, added.Stored().AsAdded());
            return added.ToUser();
        });
    }

    /// <summary>Changes a user.</summary>
    /// <param name="actor">Who does it.</param>
    /// <param name="name">Name of the user.</param>
    /// <param name="settings">What to change.</param>
    /// <param name="keepAnAdmin">Whether to refuse when nobody would be admin any more.</param>
    /// <param name="seen">Version of the user on which that was decided; null where that does not matter.</param>
    /// <exception cref="RefusedException">There is none of that name, it is another by now, the password is too short, or nobody would be admin any more.</exception>
    public Task<User> Update(Actor actor, string name, UserSettings settings, bool keepAnAdmin = false, string? seen = null)
    {
        Check(name, settings);
        var hash = settings.Password is { } password ? Hash(password) : null;
        return log.Commit(actor, change =>
        {
            var before = Get(change, name);
            var user = before.ToUser();
            user.Stored().RefuseUnless(seen);
            var fields = new Fields();
            if (hash is not null)
                fields.Add("password", hash);
            if (settings.Description is { } description)
                fields.Add("description", description);
            if (settings.IsAdmin is { } admin)
                fields.Add("admin", admin);
            if (settings.IsAdmin is false)
                change.Hold(User.Entity, user.Id, fields);
            else if (settings.IsAdmin is true)
                change.Release(User.Entity, user.Id, fields);
            else
                change.Update(User.Entity, user.Id, fields);
            var after = Get(change, name);
            change.Note("user.change", name, before.Stored().ChangesTo(after.Stored()));
            CheckThatAnAdminStays(change, user, keepAnAdmin);
            return after.ToUser();
        });
    }

    /// <summary>Deletes a user.</summary>
    /// <param name="actor">Who does it.</param>
    /// <param name="name">Name of the user.</param>
    /// <param name="keepAnAdmin">Whether to refuse when nobody would be admin any more.</param>
    /// <param name="seen">Version of the user on which that was decided; null where that does not matter.</param>
    /// <exception cref="RefusedException">There is none of that name, it is another by now, or nobody would be admin any more.</exception>
    public Task<User> Delete(Actor actor, string name, bool keepAnAdmin = false, string? seen = null) => log.Commit(actor, change =>
    {
        var user = Get(change, name).ToUser();
        user.Stored().RefuseUnless(seen);
        ApiKeyStore.DeleteOf(change, user.Id);
        change.Delete(User.Entity, [user.Id]);
        change.Note("user.delete", name, user.Stored().AsDeleted());
        CheckThatAnAdminStays(change, user, keepAnAdmin);
        return user;
    });

    /// <summary>A user with the hash of its password; null where it is kept elsewhere.</summary>
    internal sealed record Credential(User User, string? Hash);

    private static readonly Lazy<string> DecoyHash = new(() => PasswordHash.Make("no such user"));

    private static string Hash(string password) => PasswordHash.Make(password);

    private static Row Get(Change change, string name) => FindRow(change.Session, name)
        ?? throw new RefusedException(Refusal.NotFound, $"There is no user '{name}'.");

    private static Row? FindRow(Session session, string name) =>
        session.Connection.QueryFirstOrDefault<Row>($"{Columns} AND name = @name", new { name });

    /// <summary>Whether a text can be the name of a user. It stands in addresses too, where a slash would part it and dots would lead elsewhere.</summary>
    public static bool IsName(string text) => text.Length is > 0 and <= MaxName && text is not ("." or "..")
        && !text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c == '/');

    /// <summary>From far nobody may end the last admin: only the command line could then help.</summary>
    private static void CheckThatAnAdminStays(Change change, User before, bool asked)
    {
        if (asked && before.IsAdmin && change.Db.ExecuteScalar<long>("SELECT count(*) FROM account WHERE shadowed = 0 AND held = 0 AND admin <> 0") == 0)
            throw new RefusedException(Refusal.Conflict, "The last admin must stay one; make another first.");
    }

    /// <summary>Whether a name would pass for somebody else in the user log: the portal itself, agents, the command line.</summary>
    public static bool IsReserved(string name) => name == Actor.Portal.Name || name == Actor.Agent.Name || name.StartsWith(Actor.CommandLinePrefix, StringComparison.Ordinal);

    private static IEnumerable<string> Candidates(ForeignIdentity who)
    {
        yield return who.Name;
        var name = who.WantedName[..Math.Min(who.WantedName.Length, MaxName / 2)];
        var realm = who.Realm[..Math.Min(who.Realm.Length, MaxName / 2 - 12)];
        yield return $"{name}@{realm}";
        for (var number = 2; ; number++)
            yield return $"{name}@{realm}.{number}";
    }

    private void Check(string name, UserSettings settings)
    {
        if (!IsName(name))
            throw new RefusedException(Refusal.Invalid, $"A user name must be 1 to {MaxName} characters without spaces or slashes, and not . or ..");
        if (settings.Password is { } password && (password.Length < MinPasswordLength || password.Length > MaxPasswordLength))
            throw new RefusedException(
                Refusal.Invalid, $"A password must be {MinPasswordLength} to {MaxPasswordLength} characters long.");
        if (settings.Description is { } text && (text.Length > MaxDescription || text.Any(char.IsControl)))
            throw new RefusedException(Refusal.Invalid, $"A description must be at most {MaxDescription} characters on one line.");
    }

    private sealed record Row(string Id, string Name, string Description, long Admin, long Held, string? Password, string? Identity, string Stamps)
    {
        public User ToUser() => new(Id, Name, Description, Admin != 0 && Held == 0) { Identity = Identity, Stamps = Stamps };

        /// <summary>Its fields, for the user log, which tells that the password was changed.</summary>
        public StoredFields Stored() => ToUser().Stored().WithSecret("password", "Password", Password);
    }
}
