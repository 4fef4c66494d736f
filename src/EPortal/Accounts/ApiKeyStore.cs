using System.Security.Cryptography;
using System.Text;
using Dapper;
using EPortal.Api.Guards;
using EPortal.Data;

namespace EPortal.Accounts;

/// <summary>
/// Making, ending and checking API keys. A key is <c>ep_ID_SECRET</c>; the secret is shown once and only its SHA-256 is
/// kept, which is enough for 238 random bits.
/// </summary>
internal sealed class ApiKeyStore(Database database, ChangeLog log, TimeProvider time)
{
    private const string Prefix = "ep_";
    private const int IdLength = 12;
    private const int SecretLength = 40;
    private const int MaxName = 100;
    private const int MaxPerAccount = 100;
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private const string Select = """
        SELECT k.id, k.key_id, k.hash, k.name, k.created, k.expires, u.at AS used, u.address, a.name AS account
        FROM api_key k JOIN account own ON own.id = k.account JOIN account a ON a.name = own.name AND a.shadowed = 0
        LEFT JOIN api_key_use u ON u.key = k.id
        """;

    /// <summary>How exactly the last use is noted.</summary>
    private static readonly TimeSpan s_use = TimeSpan.FromMinutes(1);

    /// <summary>Keys of an account, oldest first; of all when it is null.</summary>
    public IReadOnlyList<ApiKey> List(string? account) =>
        database.Read(session =>
            session
                .Connection.Query<Row>(
                    $"{Select} WHERE @account IS NULL OR a.name = @account ORDER BY a.name, k.created",
                    new { account }
                )
                .Select(row => row.ToKey())
                .ToList()
        );

    /// <summary>Makes a key; the text is all of it and cannot be had again.</summary>
    /// <exception cref="RefusedException">Unknown account, no name, too many keys, or an end that is past.</exception>
    public Task<(ApiKey Key, string Text)> Make(Actor actor, string account, string name, DateTimeOffset? expires) =>
        log.Commit(
            actor,
            change =>
            {
                if (name.Length is 0 or > MaxName || name.Any(char.IsControl))
                    throw new RefusedException(
                        Refusal.Invalid,
                        $"invalid name: use one line of 1 to {MaxName} characters"
                    );
                if (expires <= change.Now)
                    throw new RefusedException(Refusal.Invalid, "the expiry of an API key must be in the future");
                var owner =
                    change.Db.QueryFirstOrDefault<string>(
                        "SELECT id FROM account WHERE name = @account AND shadowed = 0",
                        new { account }
                    ) ?? throw new RefusedException(Refusal.NotFound, $"user '{account}' not found");
                if (
                    change.Db.ExecuteScalar<long>("SELECT count(*) FROM api_key WHERE account = @owner", new { owner })
                    >= MaxPerAccount
                )
                    throw new RefusedException(
                        Refusal.LimitReached,
                        $"a user can have at most {MaxPerAccount} API keys"
                    );
                var (keyId, secret) = (
                    RandomNumberGenerator.GetString(Letters, IdLength),
                    RandomNumberGenerator.GetString(Letters, SecretLength)
                );
                var fields = new Fields
                {
                    { "key_id", keyId },
                    { "account", owner },
                    { "name", name },
                    { "hash", Hash(secret) },
                    { "created", UnixMicros.Of(change.Now) },
                };
                if (expires is { } end)
                    fields.Add("expires", UnixMicros.Of(end));
                change.Create(ApiKey.Entity, fields);
                change.Note(
                    "api-key.add",
                    $"{name} ({keyId}) of {account}",
                    [new FieldChange("expires", "", expires is { } last ? $"{last:yyyy-MM-dd HH:mm} UTC" : "never")]
                );
                return (Find(change.Session, keyId)!.ToKey(), $"{Prefix}{keyId}_{secret}");
            }
        );

    /// <summary>
    /// Ends a key at once and says whether there was one; of anybody's keys when <paramref name="account"/> is null.
    /// </summary>
    public Task<bool> Revoke(Actor actor, string keyId, string? account) =>
        log.Commit(
            actor,
            change =>
            {
                if (Find(change.Session, keyId) is not { } row || (account is not null && row.Account != account))
                    return false;
                change.Delete(ApiKey.Entity, [row.Id]);
                change.Note("api-key.revoke", $"{row.Name} ({keyId}) of {row.Account}");
                return true;
            }
        );

    /// <summary>Ends all keys of an account within a change that ends the account.</summary>
    public static void DeleteOf(Change change, string accountId) =>
        change.Delete(
            ApiKey.Entity,
            change.Db.Query<string>("SELECT id FROM api_key WHERE account = @accountId", new { accountId }).AsList()
        );

    /// <summary>The part of a key's text that is no secret; empty when the text cannot be a key.</summary>
    public static string IdOf(string text) => Parts(text) is var (keyId, _) ? keyId : "";

    /// <summary>The key that a caller shows, if it holds.</summary>
    public ApiKey? FindOrNull(SecretAttempt attempt, string text)
    {
        attempt.Demand();
        if (Parts(text) is not var (keyId, secret))
            return null;
        var row = database.Read(session => Find(session, keyId));
        var right = CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(Hash(secret)),
            Encoding.ASCII.GetBytes(row?.Hash ?? Hash("no such key"))
        );
        return !right || row is null || (row.Expires is { } end && UnixMicros.ToTime(end) <= time.GetUtcNow())
            ? null
            : row.ToKey();
    }

    /// <summary>Notes, to the minute, that a key was used.</summary>
    public async Task NoteUse(ApiKey key, string address)
    {
        if (key.LastUsed is { } used && time.GetUtcNow() - used < s_use)
            return;
        await log.Commit(
            Actor.Portal,
            change =>
            {
                change.Session.Execute(
                    """
                    INSERT INTO api_key_use (key, at, address) SELECT id, @at, @address FROM api_key WHERE id = @id
                    ON CONFLICT (key) DO UPDATE SET at = excluded.at, address = excluded.address
                    """,
                    ("@id", key.Id),
                    ("@at", UnixMicros.Of(change.Now)),
                    ("@address", address)
                );
                return true;
            }
        );
    }

    private static (string KeyId, string Secret)? Parts(string text) =>
        text.Length == Prefix.Length + IdLength + 1 + SecretLength
        && text.StartsWith(Prefix, StringComparison.Ordinal)
        && text[Prefix.Length..].Split('_') is [{ Length: IdLength } keyId, var secret]
            ? (keyId, secret)
            : null;

    private static string Hash(string secret) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private static Row? Find(Session session, string keyId) =>
        session.Connection.QueryFirstOrDefault<Row>($"{Select} WHERE k.key_id = @keyId", new { keyId });

    /// <summary>Filled by property: without rows the database tells no type of a computed column.</summary>
    private sealed class Row
    {
        public required string Id { get; init; }
        public required string KeyId { get; init; }
        public required string Hash { get; init; }
        public required string Name { get; init; }
        public required long Created { get; init; }
        public long? Expires { get; init; }
        public long? Used { get; init; }
        public string? Address { get; init; }
        public required string Account { get; init; }

        public ApiKey ToKey() =>
            new()
            {
                Id = Id,
                KeyId = KeyId,
                Account = Account,
                Name = Name,
                Created = UnixMicros.ToTime(Created),
                Expires = Expires is { } end ? UnixMicros.ToTime(end) : null,
                LastUsed = Used is { } at ? UnixMicros.ToTime(at) : null,
                LastAddress = Address,
            };
    }
}
