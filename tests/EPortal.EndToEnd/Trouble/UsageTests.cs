using EPortal.EndToEnd.Portal;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Trouble;

/// <summary>
/// What people get wrong. Bad usage ends with 2, everything else that was refused with 1, each with its sentence.
/// </summary>
public sealed class UsageTests : IDisposable
{
    private readonly PortalInstallation _installation = new();

    public void Dispose() => _installation.Dispose();

    [Theory]
    [InlineData("nonsense", "nonsense")]
    [InlineData("key -z", "-z")]
    [InlineData("feed -a", "feed is required")]
    [InlineData("feed -a -d test", "use only one of")]
    [InlineData("key -a k --server-limit many", "many")]
    [InlineData("server clean", "--inactive")]
    [InlineData("kcare deploy", "archive")]
    [InlineData("--deploy", "--deploy")]
    public async Task Bad_usage(string arguments, string said)
    {
        var result = await _installation.TryAsync(arguments.Split(' '));

        result.ExitCode.ShouldBe(2, result.ToString());
        result.Stderr.ShouldContain("error: ");
        result.Stderr.ShouldContain(said);
        Directory.Exists(_installation.DataDir).ShouldBeFalse("nothing was done");
    }

    [Theory]
    [InlineData("feed -a main", "feed 'main' already exists")]
    [InlineData("feed -d main", "cannot be deleted")]
    [InlineData("feed -c nope --deploy-after 3", "feed 'nope' not found")]
    [InlineData("key -a k --feed nope", "feed 'nope' not found")]
    [InlineData("key -d nope --yes", "key 'nope' not found")]
    [InlineData("kcare unroll K1", "kernel patchset 'K1' not found")]
    [InlineData("kcare list --feed nope", "feed 'nope' not found")]
    [InlineData("kcare deploy /nonexistent", "file not found: /nonexistent")]
    [InlineData("kcare deploy /", "is a folder, not an archive")]
    [InlineData("kcare deploy /etc/passwd", "archive")]
    [InlineData("server tag 1234567890abcdef x", "not found")]
    [InlineData("user -d nobody", "nobody")]
    public async Task Refusals(string arguments, string said)
    {
        var result = await _installation.TryAsync(arguments.Split(' '));

        result.ExitCode.ShouldBe(1, result.ToString());
        var last = result.Stderr.TrimEnd().Split('\n')[^1];
        last.ShouldStartWith("error: ");
        last.ShouldContain(said);
        result.Stderr.ShouldNotContain("internal error");
    }

    [Theory]
    [InlineData("eportal", "serve --nope")]
    [InlineData("eportal", "")]
    [InlineData("kcarectl", "--nope")]
    [InlineData("kcarectl", "")]
    public async Task Bad_usage_of_the_other_programs(string program, string arguments)
    {
        var result = await _installation.RunAsync(
            Path.Combine(Programs.Folder, program),
            arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        );

        result.ExitCode.ShouldBe(2, result.ToString());
        result.Stderr.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_key_over_its_limit()
    {
        await _installation.DoAsync("key", "-a", "small", "--server-limit", "1");
        await using var portal = await _installation.ServeAsync();
        using var http = new HttpClient { BaseAddress = portal.Address };
        await http.RegisterAsync("small");

        var answer = await http.AskToRegisterAsync("small");

        answer.ShouldContain("code:3");
        answer.ShouldContain("message:");
    }

    [Fact]
    public async Task A_reader_who_goes_away()
    {
        var pipe = await _installation.RunAsync("/bin/sh", "-c", $"'{Programs.Command}' --help | head -n 0");

        pipe.Stderr.ShouldBeEmpty();
    }
}
