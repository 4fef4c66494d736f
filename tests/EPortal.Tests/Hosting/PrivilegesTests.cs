using System.Globalization;
using EPortal.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

public sealed class PrivilegesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Root => _folder.File("data");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Root_becomes_the_owner_of_the_data_folder_for_good()
    {
        SkipUnlessRoot();
        Directory.CreateDirectory(Root);
        Shell.Run("chown", "nobody:nogroup", Root);
        var (exit, output, error) = await EnterAsync();
        (exit, error).ShouldBe((0, ""));
        var id = Shell.Run("id", "-u", "nobody");
        var group = Shell.Run("id", "-g", "nobody");
        var groups = Shell.Run("id", "-G", "nobody");
        var threads = output.TrimEnd('\n').Split('\n');
        threads.Length.ShouldBeGreaterThan(1);
        threads.ShouldAllBe(thread =>
            thread.Replace(" ", "")
            == string.Join(
                '|',
                new object?[]
                {
                    "Umask:\t0077",
                    $"Uid:\t{id}\t{id}\t{id}\t{id}",
                    $"Gid:\t{group}\t{group}\t{group}\t{group}",
                    $"Groups:\t{groups.Replace(" ", "")}",
                    "CapPrm:\t0000000000000000",
                    "CapEff:\t0000000000000000",
                }
            )
        );
        foreach (var path in Directory.EnumerateFileSystemEntries(Root, "*", SearchOption.AllDirectories).Append(Root))
            Shell.Stat(path).ShouldBe(Directory.Exists(path) ? "700 nobody" : "600 nobody", path);
    }

    [Fact]
    public async Task A_missing_folder_is_made_for_the_user_who_was_named()
    {
        SkipUnlessRoot();
        var (exit, _, error) = await EnterAsync("nobody");
        (exit, error).ShouldBe((0, ""));
        Shell.Stat(Root).ShouldBe("700 nobody");
        Shell.Stat(Path.Combine(Root, "instance-id")).ShouldBe("600 nobody");
    }

    [Fact]
    public async Task Root_stays_root_only_when_told_to()
    {
        SkipUnlessRoot();
        Directory.CreateDirectory(Root);
        if (PrivilegesNative.FindOrNull(Privileges.DefaultUser) is null)
        {
            (await EnterAsync()).ShouldBe(
                (
                    1,
                    "",
                    "started as root, but user 'eportal' does not exist; "
                        + "create it with 'useradd --system eportal', set RUN_AS to another user, "
                        + "or set RUN_AS = 'root' to stay root\n"
                )
            );
        }

        (await EnterAsync("root")).Exit.ShouldBe(0);
        Shell.Stat(Path.Combine(Root, "cache/plain")).ShouldBe("600 root");
    }

    [Fact]
    public async Task A_user_who_does_not_exist_is_told()
    {
        SkipUnlessRoot();
        (await EnterAsync("no-such-user")).ShouldBe(
            (1, "", "RUN_AS is 'no-such-user', but this user does not exist\n")
        );
        Directory.Exists(Root).ShouldBeFalse();
    }

    [Fact]
    public async Task A_folder_of_a_user_unknown_here_is_told()
    {
        SkipUnlessRoot();
        Directory.CreateDirectory(Root);
        Shell.Run("chown", "61234", Root);
        (await EnterAsync()).ShouldBe(
            (1, "", $"data folder {Root} belongs to unknown user 61234; change the owner with chown\n")
        );
    }

    [Fact]
    public async Task A_folder_of_another_than_the_named_user_is_told()
    {
        SkipUnlessRoot();
        Directory.CreateDirectory(Root);
        (await EnterAsync("nobody")).ShouldBe(
            (
                1,
                "",
                $"data folder {Root} belongs to user 'root', but this program runs as "
                    + "user 'nobody'; start it as the owner, or change the owner with chown\n"
            )
        );
    }

    [Fact]
    public void Users_are_known_by_name_and_number()
    {
        PrivilegesNative.FindOrNull("root").ShouldBe(new UnixUser("root", 0, 0));
        PrivilegesNative.FindOrNull(0).ShouldBe(new UnixUser("root", 0, 0));
        PrivilegesNative.FindOrNull("no-such-user").ShouldBeNull();
        PrivilegesNative.OwnerOf("/proc/1").ShouldBe(0u);
    }

    /// <summary>
    /// The C library has one place for its answers; that of another thread must not be taken for one's own.
    /// </summary>
    [Fact]
    public void Users_and_groups_are_known_to_many_threads_at_once()
    {
        string[] names = ["root", "daemon", "www-data", "nobody"];
        var expected = names.ToDictionary(
            name => name,
            name => uint.Parse(Shell.Run("id", "-u", name), CultureInfo.InvariantCulture)
        );

        Parallel.For(
            0,
            20_000,
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancellation },
            round =>
            {
                var name = names[round % names.Length];
                var user = PrivilegesNative.FindOrNull(name).ShouldNotBeNull();
                (user.Name, user.Id).ShouldBe((name, expected[name]));
                PrivilegesNative.FindOrNull(user.Id).ShouldBe(user);
            }
        );
    }

    private static void SkipUnlessRoot() => Assert.SkipUnless(Shell.IsRoot, "only root has rights to give up");

    private async Task<(int Exit, string Out, string Err)> EnterAsync(string? runAs = null)
    {
        // The folder above must let the other user through.
        Shell.Run("chmod", "711", _folder.Path);
        var environment = new Dictionary<string, string> { ["ROLE_DATA_DIR"] = Root };
        if (runAs is not null)
            environment["ROLE_RUN_AS"] = runAs;
        using var child = ChildProcess.Start("enter", environment);
        return await child.EndAsync(Cancellation);
    }
}
