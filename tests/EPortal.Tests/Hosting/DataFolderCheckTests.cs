using EPortal.Hosting;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

/// <summary>Data folders of which a part is missing, or comes from elsewhere.</summary>
public sealed class DataFolderCheckTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Root => _folder.File("data");

    private string Database => Path.Combine(Root, "eportal.sqlite");

    private string Id => Path.Combine(Root, "instance-id");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_new_folder_and_one_whose_first_start_was_cut_short_are_begun()
    {
        await OpenAsync();
        foreach (var file in Directory.GetFiles(Root, "eportal.sqlite*"))
            File.Delete(file);
        Directory.Delete(Path.Combine(Root, "config"), recursive: true);
        await OpenAsync();
        File.Exists(Database).ShouldBeTrue();
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("empty")]
    public async Task A_database_that_is_gone_is_not_replaced_by_an_empty_one(string how)
    {
        await OpenAsync();
        Lose(how);

        (await RefusedAsync()).ShouldBe(
            $"database {Database} is {how}, but {Root}/config/signing.key exists; "
                + "restore it from a backup, or start an empty portal with `eportal serve --new`"
        );
        File.Exists(Database).ShouldBe(how == "empty");
        await OpenAsync(isNew: true);
        await OpenAsync();
    }

    [Fact]
    public async Task Nor_is_one_that_is_gone_together_with_the_id()
    {
        await OpenAsync();
        Lose("missing");
        File.Delete(Id);

        (await RefusedAsync()).ShouldStartWith($"database {Database} is missing, but {Root}/config/signing.key exists");
    }

    [Theory]
    [InlineData("arch/K1.tar.bz2")]
    [InlineData("arch/userspace/U1.tar.bz2")]
    [InlineData("resources/K1/a/1/kpatch.bin")]
    [InlineData("user-resources/qemu/Q1/a/1/patch.json")]
    public async Task Patchsets_without_a_database_tell_that_there_was_one_even_on_a_disk_of_their_own(string file)
    {
        var disk = _folder.File("disk");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(disk, file))!);
        await File.WriteAllTextAsync(Path.Combine(disk, file), "x", TestContext.Current.CancellationToken);

        (await RefusedAsync(disk)).ShouldContain(
            $"is missing, but {Path.Combine(disk, file.Split('/')[0])} has patchsets"
        );
        File.Exists(Id).ShouldBeFalse();
        await OpenAsync(disk, isNew: true);
        await OpenAsync(disk);
    }

    [Fact]
    public async Task What_a_killed_deploy_left_is_no_patchset()
    {
        var disk = _folder.File("disk");
        Directory.CreateDirectory(Path.Combine(disk, "resources/.staging/x"));
        await File.WriteAllTextAsync(
            Path.Combine(disk, "resources/.staging/x.lock"),
            "",
            TestContext.Current.CancellationToken
        );
        Directory.CreateDirectory(Path.Combine(disk, "arch/userspace"));

        await OpenAsync(disk);
    }

    [Fact]
    public async Task A_log_without_its_database_is_kept()
    {
        Directory.CreateDirectory(Root);
        await File.WriteAllTextAsync(Database + "-wal", "pages", TestContext.Current.CancellationToken);

        (await RefusedAsync()).ShouldContain($"is missing, but its log {Database}-wal exists");
        await OpenAsync(isNew: true);
        var kept = Directory.GetFiles(Root, "*.kept").ShouldHaveSingleItem();
        (await File.ReadAllTextAsync(kept, TestContext.Current.CancellationToken)).ShouldBe("pages");
        await OpenAsync();
    }

    [Fact]
    public async Task An_instance_id_that_is_gone_is_not_made_anew()
    {
        await OpenAsync();
        File.Delete(Id);

        (await RefusedAsync()).ShouldBe(
            $"{Id} is missing, but the database exists; restore it from a backup, "
                + "or create a new one with `eportal serve --new`"
        );
        File.Exists(Id).ShouldBeFalse();
        await OpenAsync(isNew: true);
        await OpenAsync();
    }

    [Fact]
    public async Task A_database_of_another_installation_is_refused()
    {
        await OpenAsync();
        var own = await File.ReadAllTextAsync(Id, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Id, "another-one", TestContext.Current.CancellationToken);

        (await RefusedAsync()).ShouldBe(
            $"database {Database} and {Id} belong to different installations; restore the matching instance-id, "
                + "or keep this one with `eportal serve --new`"
        );
        await File.WriteAllTextAsync(Id, own, TestContext.Current.CancellationToken);
        await OpenAsync();
        await File.WriteAllTextAsync(Id, "another-one", TestContext.Current.CancellationToken);
        await OpenAsync(isNew: true);
        await OpenAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_database_whose_disk_is_not_mounted_is_refused_whatever_was_asked_for(bool isNew)
    {
        await OpenAsync();
        var disk = _folder.File("disk.sqlite");
        File.Move(Database, disk);
        File.CreateSymbolicLink(Database, disk);
        await OpenAsync();
        File.Move(disk, disk + ".away");

        (await RefusedAsync(isNew: isNew)).ShouldBe(
            $"database {Database} is a link to {disk}, which does not exist; is its disk mounted?"
        );
        File.Exists(disk).ShouldBeFalse();
    }

    private void Lose(string how)
    {
        foreach (var file in Directory.GetFiles(Root, "eportal.sqlite*"))
            File.Delete(file);
        if (how == "empty")
            File.WriteAllBytes(Database, []);
    }

    private async Task<string> RefusedAsync(string? patches = null, bool isNew = false) =>
        (await Should.ThrowAsync<StartException>(() => OpenAsync(patches, isNew))).Message;

    private async Task OpenAsync(string? patches = null, bool isNew = false)
    {
        var settings = Settings.Defaults with
        {
            DataDir = Root,
            PatchesDir = patches,
            RunAs = Shell.IsRoot ? "root" : null,
        };
        await using var portal = Portal.Open(settings, new FakeTimeProvider(), isNew);
        portal.Database.Read(session => session.Scalar("SELECT count(*) FROM node")).ShouldBe(1L);
    }
}
