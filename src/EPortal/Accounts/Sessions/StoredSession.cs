using System.Security.Cryptography;
using System.Text;
using EPortal.Data;

namespace EPortal.Accounts.Sessions;

/// <summary>An account as sessions depend on it.</summary>
internal class SessionOwner
{
    /// <summary>Entity id, the same on every node.</summary>
    public required string Account { get; init; }

    /// <summary>When it was made, by the hybrid clock.</summary>
    public required long Stamp { get; init; }

    /// <summary>When its fields were last written.</summary>
    public required string Stamps { get; init; }

    /// <summary>Whether it was made admin.</summary>
    public required long Admin { get; init; }

    /// <summary>How many demotions hold it.</summary>
    public required long Held { get; init; }

    /// <summary>Hash of its password; null for one that is kept elsewhere.</summary>
    public string? Password { get; init; }

    /// <summary>Whether it may change things.</summary>
    public bool IsAdmin => Admin != 0 && Held == 0;

    /// <summary>
    /// What a session of it holds: password and role, and when each was last written, by stamps that never return. A
    /// role that is changed and changed back is another one.
    /// </summary>
    public string MarkNow
    {
        get
        {
            var written = FieldStamps.Parse(new Stamp(Stamp, EntityId.Parse(Account).Origin), Stamps);
            return Convert.ToHexStringLower(
                SHA256.HashData(
                    Encoding.UTF8.GetBytes(
                        $"{(IsAdmin ? "admin" : "readonly")} {written.Of("admin")} {written.Of("password")} {Password}"
                    )
                )
            );
        }
    }
}

/// <summary>A session as it is stored, with its account.</summary>
internal sealed class StoredSession : SessionOwner
{
    /// <summary>Names it in lists.</summary>
    public required string Id { get; init; }

    /// <summary>What <see cref="SessionOwner.MarkNow"/> was at the login.</summary>
    public required string Mark { get; init; }

    /// <summary>How it began.</summary>
    public required string Via { get; init; }

    /// <summary>When it began; Unix microseconds.</summary>
    public required long Created { get; init; }

    /// <summary>When it was last used, roughly; Unix microseconds.</summary>
    public required long Seen { get; init; }

    /// <summary>Address it began from.</summary>
    public required string Address { get; init; }

    /// <summary>What the browser calls itself.</summary>
    public required string Agent { get; init; }

    /// <summary>Name of the account.</summary>
    public required string Name { get; init; }

    /// <summary>Description of the account.</summary>
    public required string Description { get; init; }

    /// <summary>Who it is elsewhere; null for a local account.</summary>
    public string? Identity { get; init; }

    /// <summary>
    /// The settings under which it was last confirmed; null for a local user, or when it is no longer confirmed.
    /// </summary>
    public string? Settings { get; init; }
}
