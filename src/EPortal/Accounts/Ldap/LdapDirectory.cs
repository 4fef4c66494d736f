using System.Security.Cryptography.X509Certificates;

namespace EPortal.Accounts.Ldap;

/// <summary>How a login by the directory ended.</summary>
internal enum LdapLogin
{
    /// <summary>Name and password are right and the filter lets the user in.</summary>
    Done,

    /// <summary>Name or password is wrong, or not of a kind that is tried.</summary>
    Wrong,

    /// <summary>They are right, but the filter finds nothing.</summary>
    NotAllowed,
}

/// <summary>A step of a test and how it ended.</summary>
/// <param name="Step">What was done.</param>
/// <param name="Ok">Whether it worked.</param>
/// <param name="Message">One sentence.</param>
internal sealed record LdapFinding(string Step, bool Ok, string Message);

/// <summary>A directory that people may log in by.</summary>
internal sealed class LdapDirectory(
    LdapUrl url,
    string dnTemplate,
    LdapSearch? filter,
    X509Certificate2Collection? authorities,
    TimeProvider time
)
{
    private static long s_opened;

    /// <summary>Tells settings that were in force after one another apart.</summary>
    public long Number { get; } = Interlocked.Increment(ref s_opened);

    /// <summary>Tells this directory and its filter from others that may have been set before; opens nothing.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>How users are looked up after their login; null when that cannot be done.</summary>
    public LdapLookup? Account { get; init; }

    /// <summary>Whether users can be looked up after their login.</summary>
    public bool CanLookUp => Account is not null;

    /// <summary>The identity that it confirms when that name logs in.</summary>
    public ExternalIdentity IdentityOf(string name) =>
        new(ExternalIdentity.LdapPrefix + UserName.Fold(name), name, "ldap", "LDAP")
        {
            FormerKey = ExternalIdentity.LdapPrefix + name.ToLowerInvariant(),
            ConfirmedUnder = Fingerprint,
        };

    /// <summary>Whether a user who logged in by that name is still there, and the filter still lets them in.</summary>
    /// <exception cref="LdapException">The directory cannot be used.</exception>
    public async Task<bool> LookUp(string name, CancellationToken cancel)
    {
        var (account, search) = Account ?? throw new InvalidOperationException("no bind account is set");
        await using var connection = await LdapConnection.Open(url, authorities, time, cancel);
        var bound = await connection.Bind(account.Dn, account.Password, cancel);
        if (bound.Code != LdapResult.Success)
            throw new LdapException(LdapStep.Lookup, $"{url} refused the bind account {account.Dn} ({bound})");
        return await connection.Finds(search, name, cancel)
            && (filter is null || await connection.Finds(filter, name, cancel));
    }

    /// <summary>
    /// Tries a name and password. A name that a server might take for another one (spaces, characters that are not
    /// seen, letters of another width) is not tried at all.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="password">The password.</param>
    /// <param name="cancel">Gives it up.</param>
    /// <param name="isKnown">Whether somebody of exactly that name came in before.</param>
    /// <exception cref="LdapException">The directory cannot be used.</exception>
    public async Task<LdapLogin> Login(string name, string password, CancellationToken cancel, bool isKnown = false)
    {
        if (!LdapUserName.IsTried(dnTemplate, name, isKnown) || password.Length == 0)
            return LdapLogin.Wrong;
        await using var connection = await LdapConnection.Open(url, authorities, time, cancel);
        var bound = await connection.Bind(DnTemplate.Fill(dnTemplate, name), password, cancel);
        if (!Right(bound))
            return LdapLogin.Wrong;
        return filter is null || await connection.Finds(filter, name, cancel) ? LdapLogin.Done : LdapLogin.NotAllowed;
    }

    /// <summary>The same step by step, each with what came of it.</summary>
    public async Task<IReadOnlyList<LdapFinding>> Test(string name, string password, CancellationToken cancel)
    {
        var findings = new List<LdapFinding>();
        try
        {
            await using var connection = await LdapConnection.Open(url, authorities, time, cancel);
            findings.Add(new LdapFinding(Token(LdapStep.Connect), true, $"{url} answers."));
            findings.Add(Encryption());
            await TestLogin(connection, name, password, findings, cancel);
            if (CanLookUp && findings.All(finding => finding.Ok))
                findings.Add(
                    await LookUp(name, cancel)
                        ? new LdapFinding(Token(LdapStep.Lookup), true, "The bind account finds this user.")
                        : new LdapFinding(
                            Token(LdapStep.Lookup),
                            false,
                            "The bind account does not find this user, or not with the filter, so sessions would end five minutes after the login. Check its read permissions."
                        )
                );
        }
        catch (LdapException e)
        {
            if (e.Step != LdapStep.Connect && findings.Count == 0)
                findings.Add(new LdapFinding(Token(LdapStep.Connect), true, $"{url} answers."));
            findings.Add(new LdapFinding(Token(e.Step), false, e.Message));
        }

        return findings;
    }

    private async Task TestLogin(
        LdapConnection connection,
        string name,
        string password,
        List<LdapFinding> findings,
        CancellationToken cancel
    )
    {
        var dn = DnTemplate.Fill(dnTemplate, name);
        if (!LdapUserName.IsTried(dnTemplate, name) || password.Length == 0)
        {
            findings.Add(
                new LdapFinding(
                    Token(LdapStep.Bind),
                    false,
                    "Not sent to the directory: the password is empty, or the name has spaces, invisible characters, look-alike letters or, with a connection string that is no distinguished name, punctuation."
                )
            );
            return;
        }

        var bound = await connection.Bind(dn, password, cancel);
        if (bound.Code != LdapResult.Success)
        {
            findings.Add(
                new LdapFinding(Token(LdapStep.Bind), false, $"{url} refuses {dn} with this password ({bound}).")
            );
            return;
        }

        findings.Add(new LdapFinding(Token(LdapStep.Bind), true, $"{url} accepts {dn} with this password."));
        if (filter is null)
            findings.Add(
                new LdapFinding(Token(LdapStep.Search), true, "There is no filter: everyone who can bind can log in.")
            );
        else if (await connection.Finds(filter, name, cancel))
            findings.Add(new LdapFinding(Token(LdapStep.Search), true, "The filter finds an entry."));
        else
            findings.Add(
                new LdapFinding(Token(LdapStep.Search), false, "The filter finds nothing, so this user cannot log in.")
            );
    }

    private LdapFinding Encryption() =>
        new(
            Token(LdapStep.Tls),
            true,
            url switch
            {
                { Security: LdapSecurity.None } => "The connection is not encrypted: passwords are sent in plain text.",
                { StrictCheck: false } =>
                    "The connection is encrypted, but the certificate is not checked: it may be another server.",
                _ => $"The connection is encrypted and the certificate is valid for {url.Host}.",
            }
        );

    private bool Right(LdapResult bound) =>
        bound.Code switch
        {
            LdapResult.Success => true,
            LdapResult.InvalidCredentials
            or LdapResult.NoSuchObject
            or LdapResult.InappropriateAuthentication
            or LdapResult.UnwillingToPerform => false,
            // Names are escaped, so it is the template.
            LdapResult.InvalidDn => throw new LdapException(
                LdapStep.Bind,
                $"{url} does not accept the connection string as a name ({bound})"
            ),
            LdapResult.Referral => throw new LdapException(
                LdapStep.Bind,
                $"{url} refers to another server; referrals are not followed"
            ),
            _ => throw new LdapException(LdapStep.Bind, $"{url} refused the login ({bound})"),
        };

    private static string Token(LdapStep step) => step.ToString().ToLowerInvariant();
}
