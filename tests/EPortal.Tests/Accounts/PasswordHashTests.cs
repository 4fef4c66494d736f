using EPortal.Accounts;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

public sealed class PasswordHashTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("tr0ub4dor&3")]
    [InlineData("pässwörd 密码 \U0001F511")]
    [InlineData("with $ and , and = in it")]
    public void A_hash_knows_its_password_and_no_other(string password)
    {
        var hash = PasswordHash.Make(password, PasswordCost.Standard);

        hash.ShouldMatch(@"^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}\z");
        PasswordHash.Verify(password, hash).ShouldBeTrue();
        foreach (
            var other in (string[])
                [password + " ", password + "\0", password.ToUpperInvariant() + "x", password[1..], ""]
        )
            PasswordHash.Verify(other, hash).ShouldBeFalse();
        PasswordHash.Make(password, PasswordCost.Standard).ShouldNotBe(hash, "each has its own salt");
    }

    /// <summary>Vectors of the reference implementation (its test.c, version 0x13, Argon2id).</summary>
    [Theory]
    [InlineData("password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")]
    [InlineData("password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")]
    [InlineData("password", "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc")]
    [InlineData(
        "differentpassword",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94"
    )]
    [InlineData("password", "$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw")]
    public void Hashes_made_elsewhere_and_with_other_parameters_are_known(string password, string hash)
    {
        PasswordHash.Verify(password, hash).ShouldBeTrue();
        PasswordHash.Verify(password + "x", hash).ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("plain text")]
    [InlineData("$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")]
    [InlineData("$argon2id$v=16$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")]
    [InlineData("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$")]
    [InlineData("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFh")]
    public void What_is_no_such_hash_lets_nobody_in(string hash)
    {
        try
        {
            PasswordHash.Verify("", hash).ShouldBeFalse();
            PasswordHash.Verify("password", hash).ShouldBeFalse();
        }
        catch (FormatException failure)
        {
            failure.Message.ShouldNotContain("c29tZXNhbHQ");
        }
    }
}
