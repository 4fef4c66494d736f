namespace EPortal.Accounts.Sessions;

/// <summary>A login that lasts: somebody's browser.</summary>
internal sealed record LoginSession
{
    /// <summary>Names it in lists; opens nothing.</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is, with the rights of now.</summary>
    public required User User { get; init; }

    /// <summary>How it began: <c>password</c> or <c>sso</c>.</summary>
    public required string Via { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it was last used, roughly.</summary>
    public required DateTimeOffset Seen { get; init; }

    /// <summary>
    /// Whether this use of it was noted, so that its end was put off where it counts from the last use.
    /// </summary>
    public bool IsUseNoted { get; init; }

    /// <summary>When it ends if it is not used again.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>Address it began from.</summary>
    public required string Address { get; init; }

    /// <summary>What the browser calls itself.</summary>
    public required string Agent { get; init; }
}
