using EPortal.Api.Guards;
using EPortal.Data;

namespace EPortal.Accounts.Ldap;

/// <summary>
/// Tests of a directory with somebody's name and password, from far: they are tries at a password like any other.
/// </summary>
internal sealed class LdapTest(SecretGuards guards, TimeProvider time)
{
    /// <summary>Tests step by step.</summary>
    /// <exception cref="RefusedException">The settings are malformed, or there were too many wrong
    /// passwords.</exception>
    public async Task<IReadOnlyList<LdapFinding>> Run(
        LdapSettings settings,
        string name,
        string password,
        HttpContext context
    )
    {
        var directory = settings.Open(time);
        var holder = UserName.HolderOrNull(name);
        using var attempt =
            await guards.Passwords.Begin(context.Client(), holder, context.RequestAborted)
            ?? throw new RefusedException(
                Refusal.TooMany,
                "too many wrong passwords from this address, or for this user; try again in a moment"
            );
        var findings = await directory.Test(name, password, context.RequestAborted);
        if (findings.FirstOrDefault(finding => finding.Step == "bind") is { } bind)
        {
            if (bind.Ok)
                attempt.Right();
            else
                attempt.Wrong();
        }

        return findings;
    }
}
