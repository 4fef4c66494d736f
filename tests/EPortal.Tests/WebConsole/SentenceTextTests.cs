using EPortal.WebConsole;
using Shouldly;
using Xunit;

namespace EPortal.Tests.WebConsole;

/// <summary>Errors as pages show them.</summary>
public sealed class SentenceTextTests
{
    [Theory]
    [InlineData("feed 'test' not found", "Feed 'test' not found")]
    [InlineData("method not allowed: use GET", "Method not allowed: use GET")]
    [InlineData("check-in refused", "Check-in refused")]
    [InlineData("unavailable", "Unavailable")]
    [InlineData("read-only: this account changes nothing", "Read-only: this account changes nothing")]
    [InlineData("'x' is too large for --days", "'x' is too large for --days")]
    [InlineData("kpatch.bin of K1 is damaged", "kpatch.bin of K1 is damaged")]
    [InlineData("/var/lib/eportal has only 3 MiB free", "/var/lib/eportal has only 3 MiB free")]
    [InlineData("https://x/ never synced", "https://x/ never synced")]
    [InlineData("--yes is required", "--yes is required")]
    [InlineData("TRUSTED_KEYS is empty", "TRUSTED_KEYS is empty")]
    [InlineData("LDAP directory unavailable", "LDAP directory unavailable")]
    [InlineData("sha256 differs", "sha256 differs")]
    [InlineData("Already a sentence.", "Already a sentence.")]
    [InlineData("2 servers were deleted", "2 servers were deleted")]
    [InlineData("", "")]
    public void The_first_letter_is_capitalised_where_the_first_word_is_a_plain_one(string text, string shown) =>
        SentenceText.Capitalised(text).ShouldBe(shown);
}
