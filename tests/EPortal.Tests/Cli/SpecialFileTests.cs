using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Cli;

/// <summary>
/// Files that people name and that are no files: refused, for reading them may never end or never begin.
/// </summary>
public sealed class SpecialFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("patchset", "build", "A.tar", "--name", "K1", "--target", "SHA", "--level", "1", "kpatch.bin=FILE")]
    [InlineData("patchset", "build", "A.tar", "--name", "K1", "--target", "@FILE", "--level", "1", "kpatch.bin=REAL")]
    [InlineData(
        "patchset",
        "build",
        "A.tar",
        "--name",
        "K1",
        "--target",
        "SHA",
        "--level",
        "1",
        "--changelog",
        "FILE",
        "kpatch.bin=REAL"
    )]
    [InlineData(
        "patchset",
        "build",
        "A.tar",
        "--name",
        "K1",
        "--target",
        "SHA",
        "--level",
        "1",
        "--key",
        "FILE",
        "kpatch.bin=REAL"
    )]
    [InlineData("patchset", "verify", "FILE")]
    [InlineData("patchset", "verify", "--key", "FILE", "REAL")]
    [InlineData("bundle", "export", "B", "--have", "FILE")]
    [InlineData("bundle", "export", "B", "--since", "FILE")]
    [InlineData("bundle", "import", "FILE")]
    [InlineData("kcare", "deploy", "FILE")]
    [InlineData("ldap", "set", "--url", "ldap://127.0.0.1", "--dn", "uid=%s,dc=x", "--ca-file", "FILE")]
    [InlineData("check", "--url", "http://127.0.0.1:1", "--token", "FILE")]
    public async Task They_are_refused(params string[] arguments)
    {
        var pipe = _folder.File("pipe");
        Shell.Run("mkfifo", pipe);
        var real = _folder.Write("real", "x");

        foreach (var special in (string[])[pipe, "/dev/zero"])
        {
            string[] given =
            [
                .. arguments.Select(argument =>
                    argument
                        .Replace("FILE", special, StringComparison.Ordinal)
                        .Replace("REAL", real, StringComparison.Ordinal)
                        .Replace("SHA", new string('a', 40), StringComparison.Ordinal)
                ),
            ];
            given = [.. given.Select(argument => argument is "A.tar" or "B" ? _folder.File(argument) : argument)];

            var (exit, output, error) = await PortalCli
                .On(_folder.File("data"))
                .RunAsync(given)
                .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

            exit.ShouldNotBe(0);
            (output + error).ShouldContain($"{special} is not a regular file");
        }
    }
}
