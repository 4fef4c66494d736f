using System.Text.Json;
using EPortal.Accounts;
using EPortal.Tests.Cli;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

public sealed class UserCommandTests : IDisposable
{
    private const string Secret = "tr0ub4dor&3";

    private readonly TempFolder _folder = new();

    private string Data => _folder.File("data");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_user_is_added_listed_changed_and_deleted()
    {
        (await Run("", "user", "-a", "bob", "-p", Secret, "--note", "night shift")).ShouldBe(
            (0, "user bob was added as admin\n", "")
        );
        (await Run("", "user", "-a", "ann", "-p", Secret, "-r", "readonly")).ShouldBe(
            (0, "user ann was added as readonly\n", "")
        );
        (await Run("", "user")).Out.ShouldBe(
            "User | Role     | Description\n---- + -------- + -----------\nann  | readonly |\nbob  | admin    | night shift\n".ReplaceLineEndings(
                "\n"
            )
        );
        (await Run("", "user", "-c", "bob", "-r", "readonly")).Out.ShouldBe("user bob was changed\n");
        var bob = (await Json("user", "--json"))[1];
        bob.EnumerateObject().Select(property => property.Name).ShouldBe(["username", "description", "readonly"]);
        (bob.GetProperty("readonly").GetBoolean(), bob.GetProperty("description").GetString()).ShouldBe(
            (true, "night shift")
        );
        (await Run("", "user", "-c", "bob", "-r", "admin")).Exit.ShouldBe(0);
        (await Json("user", "--json"))[1].GetProperty("readonly").GetBoolean().ShouldBeFalse();
        (await Json("user", "-d", "bob", "--json")).GetProperty("username").GetString().ShouldBe("bob");
        (await Json("user", "--json")).GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task A_password_need_not_stand_on_the_command_line()
    {
        (await Run($"{Secret}\n", "user", "-a", "piped", "-p", "-")).Exit.ShouldBe(0);
        var asked = await PortalCli
            .On(Data, isTerminal: true)
            .RunAsync(["user", "-a", "asked"], $"{Secret}\n{Secret}\n");

        asked.Exit.ShouldBe(0);
        asked.Err.ShouldBe("Password: \nPassword again: \n");
        (asked.Out + asked.Err).ShouldNotContain(Secret);
        Login("piped", Secret).ShouldBeTrue();
        Login("asked", Secret).ShouldBeTrue();
        Login("asked", Secret + " ").ShouldBeFalse();
    }

    [Fact]
    public async Task A_new_password_is_typed_unseen_as_well()
    {
        await Run("", "user", "-a", "bob", "-p", "first one");

        (
            await PortalCli
                .On(Data, isTerminal: true)
                .RunAsync(["user", "-c", "bob", "-p", "-"], $"{Secret}\n{Secret}\n")
        ).ShouldBe((0, "user bob was changed\n", "Password: \nPassword again: \n"));

        Login("bob", Secret).ShouldBeTrue();
    }

    [Fact]
    public async Task Typing_two_different_passwords_makes_no_user()
    {
        var (exit, output, error) = await PortalCli
            .On(Data, isTerminal: true)
            .RunAsync(["user", "-a", "x"], $"{Secret}\nother one\n");

        (exit, output).ShouldBe((1, ""));
        error.ShouldEndWith("error: passwords do not match\n");
        error.ShouldNotContain(Secret);
        (await Json("user", "--json")).GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_changed_password_is_the_one_that_counts()
    {
        await Run("", "user", "-a", "bob", "-p", "first one");
        (await Run("second one\n", "user", "-c", "bob", "-p", "-")).ShouldBe((0, "user bob was changed\n", ""));

        Login("bob", "first one").ShouldBeFalse();
        Login("bob", "second one").ShouldBeTrue();
        await Run("", "user", "-d", "bob");
        Login("bob", "second one").ShouldBeFalse();
    }

    [Theory]
    [InlineData("user 'nope' not found", "user", "-d", "nope")]
    [InlineData("user 'nope' not found", "user", "-c", "nope", "-r", "admin")]
    [InlineData("user 'bob' already exists", "user", "-a", "bob", "-p", "long enough")]
    [InlineData("invalid password: use 5 to 1024 characters", "user", "-a", "new", "-p", "1234")]
    [InlineData("invalid password: use 5 to 1024 characters", "user", "-c", "bob", "-p", "")]
    [InlineData(
        "invalid user name: spaces, slashes and line breaks are not allowed",
        "user",
        "-a",
        "a b",
        "-p",
        "long enough"
    )]
    [InlineData(
        "invalid user name: spaces, slashes and line breaks are not allowed",
        "user",
        "-a",
        "a\nb",
        "-p",
        "long enough"
    )]
    [InlineData(
        "the description must be one line of at most 1000 characters",
        "user",
        "-a",
        "new",
        "-p",
        "long enough",
        "--note",
        "a\nb"
    )]
    [InlineData("password required: use -p PASSWORD, or -p - to read it from standard input", "user", "-a", "new")]
    [InlineData("no password on standard input", "user", "-a", "new", "-p", "-")]
    [InlineData("nothing to change: specify -p, -r or --note", "user", "-c", "bob")]
    public async Task What_cannot_be_done_is_said_in_a_sentence(string sentence, params string[] args)
    {
        await Run("", "user", "-a", "bob", "-p", Secret);

        (await Run("", args)).ShouldBe(
            (sentence.StartsWith("nothing to change", StringComparison.Ordinal) ? 2 : 1, "", $"error: {sentence}\n")
        );

        Login("bob", Secret).ShouldBeTrue();
        (await Json("user", "--json")).GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task The_length_that_the_settings_ask_for_is_asked_for()
    {
        var cli = PortalCli.On(Data);
        cli.Environment["EPORTAL_AUTH_PASSWORD_MIN_LENGTH"] = "12";

        (await cli.RunAsync(["user", "-a", "bob", "-p", "elevenchars"])).ShouldBe(
            (1, "", "error: invalid password: use 12 to 1024 characters\n")
        );
    }

    /// <summary>Whether a password is taken, asked of the store as a login would.</summary>
    private bool Login(string name, string password)
    {
        using var database = EPortal.Data.Database.Open(Data);
        return new UserStore(database, null!, 5, PasswordCost.Standard).IsPassword(name, password);
    }

    private Task<(int Exit, string Out, string Err)> Run(string input, params string[] args) =>
        PortalCli.On(Data).RunAsync(args, input);

    private Task<JsonElement> Json(params string[] args) => PortalCli.JsonAsync(Data, args);
}
