using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Portal;

/// <summary>The program on a real terminal, and the same without one.</summary>
public sealed class TerminalTests : IDisposable
{
    private const string Question = "admin is the last admin. Delete it? [y/N] ";

    private readonly PortalInstallation _installation = new();

    public void Dispose() => _installation.Dispose();

    [Fact]
    public async Task It_is_asked_before_the_last_admin_goes()
    {
        await _installation.DoAsync("user", "-a", "-p", "long enough", "admin");
        await using (var terminal = Open("user -d admin"))
        {
            await terminal.ExpectAsync(Question);
            await terminal.TypeAsync("n\r");
            (await terminal.EndAsync()).ShouldBe(1);
            terminal.Screen.ShouldContain("not confirmed, nothing was done");
        }

        (await _installation.DoAsync("user")).ShouldContain("admin");
        await using (var terminal = Open("user -d admin"))
        {
            await terminal.ExpectAsync(Question);
            await terminal.TypeAsync("y\r");
            (await terminal.EndAsync()).ShouldBe(0);
            terminal.Screen.ShouldContain("warning: no user is an admin");
        }

        (await _installation.DoAsync("user", "--json")).ShouldBe("[]");
    }

    [Theory]
    [InlineData("\u0003", 130)]
    [InlineData("\u0004", 1)]
    public async Task Going_away_is_no_yes(string key, int exit)
    {
        await _installation.DoAsync("user", "-a", "-p", "long enough", "admin");
        await using var terminal = Open("user -d admin");
        await terminal.ExpectAsync(Question);

        await terminal.TypeAsync(key);

        (await terminal.EndAsync()).ShouldBe(exit);
        (await _installation.DoAsync("user")).ShouldContain("admin");
    }

    [Fact]
    public async Task The_question_is_seen_where_errors_go_to_a_file()
    {
        await _installation.DoAsync("user", "-a", "-p", "long enough", "admin");
        await using var terminal = Open("user -d admin 2>/dev/null");

        await terminal.ExpectAsync(Question);

        await terminal.TypeAsync("\r");
        (await terminal.EndAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_terminal_nobody_is_asked()
    {
        await _installation.DoAsync("user", "-a", "-p", "long enough", "admin");

        var result = await _installation.TryAsync("user", "-c", "-r", "readonly", "admin");

        result.ExitCode.ShouldBe(0, result.ToString());
        result.Stdout.ShouldBe("user admin was changed\n");
        result.Stderr.ShouldStartWith("warning: no user is an admin");
        (await _installation.DoAsync("server", "clean", "--inactive")).ShouldBe("0 servers were deleted");
    }

    private Terminal Open(string command) => Terminal.Start(_installation.Start, $"'{Programs.Command}' {command}");
}
