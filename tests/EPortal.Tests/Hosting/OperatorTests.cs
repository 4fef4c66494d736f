using EPortal.Cli;
using EPortal.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

/// <summary>Whom the user log names for what is done at the command line.</summary>
public sealed class OperatorTests
{
    [Theory]
    [InlineData("SUDO_USER=alice", "root", null, "alice")]
    [InlineData("DOAS_USER=alice", "root", null, "alice")]
    [InlineData("PKEXEC_UID=0", "root", null, "root")]
    [InlineData("PKEXEC_UID=1", "root", null, "daemon")]
    [InlineData("", "root", 1u, "daemon")]
    [InlineData("SUDO_USER=root", "root", 1u, "daemon")]
    [InlineData("SUDO_USER=", "root", null, "root")]
    [InlineData("", "root", 0u, "root")]
    [InlineData("", "root", 4_000_000_000u, "root")]
    [InlineData("", "bob", null, "bob")]
    [InlineData("SUDO_USER=a b\nfaked line", "root", null, "root")]
    [InlineData("PKEXEC_UID=x", "bob", null, "bob")]
    public void It_is_the_person_behind_root(string variable, string user, uint? login, string name)
    {
        var pair = variable.Split('=');
        var context = new CliContext
        {
            Out = TextWriter.Null,
            Error = TextWriter.Null,
            In = TextReader.Null,
            Environment =
                variable.Length == 0
                    ? new Dictionary<string, string>()
                    : new Dictionary<string, string> { [pair[0]] = pair[1] },
            UserName = user,
            LoginId = login,
        };

        context.Operator().Name.ShouldBe($"cli:{name}");
    }
}
