using System.Security.Cryptography;
using EPortal.Api;
using EPortal.Data;
using EPortal.Keys;

namespace EPortal.Servers;

/// <summary>How a registration ended; the numbers are those agents are told.</summary>
internal enum RegistrationResult
{
    /// <summary>Registered.</summary>
    Done = 0,

    /// <summary>Too many registrations from this address or of this host for now.</summary>
    Locked = 1,

    /// <summary>No such key.</summary>
    InvalidKey = 2,

    /// <summary>The server limit of the key is reached.</summary>
    LimitReached = 3,

    /// <summary>Registrations from this address are not allowed.</summary>
    AddressNotAllowed = 4,
}

/// <summary>Result of a registration, with the new id when it succeeded.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="ServerId">The new id.</param>
/// <param name="RetryAfter">For <see cref="RegistrationResult.Locked"/> of a host that came and left too often: when it
/// may try again.</param>
internal sealed record Registered(RegistrationResult Result, string? ServerId = null, TimeSpan? RetryAfter = null);

/// <summary>Registers hosts. One writer makes the limit of a key exact however many come at once.</summary>
internal sealed class Registration(ChangeLog log, HostChangeLimiter limit)
{
    private const int IdLength = 16;

    /// <summary>How those ended that came this far.</summary>
    public OutcomeCounts<RegistrationResult> Counts { get; } = new();

    /// <summary>Registers a host with a key; done when it is on disk.</summary>
    /// <param name="hostname">Its name.</param>
    /// <param name="ip">Its address.</param>
    /// <param name="key">Name of the key.</param>
    /// <param name="dropped">What could not be kept of the call; empty for nothing.</param>
    /// <exception cref="StoreException">The store failed or is overloaded.</exception>
    public async Task<Registered> Register(string hostname, string ip, string key, string dropped = "")
    {
        var registered = await log.Commit(Actor.Agent, change => Register(change, hostname, ip, key, dropped));
        Counts.Add(registered.Result);
        return registered;
    }

    private Registered Register(Change change, string hostname, string ip, string keyName, string dropped)
    {
        long servers;
        string key;
        using (
            var row = change.Session.Query(
                "SELECT id, server_limit FROM key WHERE name = @name AND shadowed = 0",
                ("@name", keyName)
            )
        )
        {
            if (!row.Read())
                return new Registered(RegistrationResult.InvalidKey);
            (key, servers) = (row.GetString(0), row.GetInt64(1));
        }

        if (servers > 0 && CountUpTo(change.Session, key, servers) >= servers)
            return new Registered(RegistrationResult.LimitReached);
        if (!limit.MayRegister(hostname, ip, key))
            return new Registered(RegistrationResult.Locked, RetryAfter: limit.Wait);
        var serverId = RandomNumberGenerator.GetString(KeyStore.Letters, IdLength);
        change.Create(
            Server.Entity,
            new Fields
            {
                { "server_id", serverId },
                { "key", key },
                { "hostname", hostname },
                { "ip", ip },
                { "registered", UnixMicros.Of(change.Now) },
            }
        );
        if (dropped.Length > 0)
            ServerHistory.Tell(change, limit, serverId, $"{ServerHistory.Dropped} at registration", dropped);
        return new Registered(RegistrationResult.Done, serverId);
    }

    private static long CountUpTo(Session session, string key, long limit) =>
        (long)
            session.Scalar(
                $"SELECT count(*) FROM (SELECT 1 FROM server WHERE key IN {VisibleKey.Ids} LIMIT @limit) AS some",
                ("@Id", key),
                ("@limit", limit)
            )!;
}
