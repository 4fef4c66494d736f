using EPortal.Blobs;
using EPortal.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

public sealed class DataFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Root => _folder.File("data");

    private static string Me { get; } = Shell.Run("id", "-un");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_folder_has_all_its_parts_for_the_owner_alone()
    {
        var folder = DataFolder.Open(Root);
        Shell.Stat(Root).ShouldBe($"700 {Me}");
        foreach (var name in (string[])["arch", "resources", "user-resources", "cache", "config", "reports"])
            Shell.Stat(folder.PathOf(name)).ShouldBe($"700 {Me}");
        Shell.Stat(folder.PathOf("instance-id")).ShouldBe($"600 {Me}");
        Guid.TryParse(folder.InstanceId, out _).ShouldBeTrue();
        Directory.EnumerateFiles(Root, "*.tmp", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public void Archives_that_a_killed_restore_staged_are_deleted_wherever_it_was_stopped()
    {
        var patches = _folder.File("patches");
        Directory.CreateDirectory(Path.Combine(patches, ".restore", "new"));

        DataFolder.Open(Root, patches);

        Directory.Exists(Path.Combine(patches, ".restore")).ShouldBeFalse();
    }

    [Fact]
    public void A_file_in_place_of_the_folder_of_patches_is_refused()
    {
        var file = _folder.Write("patches", "");

        Should
            .Throw<StartException>(() => DataFolder.Open(Root, file))
            .Message.ShouldBe($"{file} (PATCHES_DIR) is not a folder; set PATCHES_DIR to a folder");
    }

    [Fact]
    public void The_instance_keeps_its_id()
    {
        var id = DataFolder.Open(Root).InstanceId;
        DataFolder.Open(Root).InstanceId.ShouldBe(id);
        File.WriteAllText(Path.Combine(Root, "instance-id"), "carried-over-1");
        DataFolder.Open(Root).InstanceId.ShouldBe("carried-over-1");
    }

    [Fact]
    public void Many_who_begin_at_once_agree_on_one_id()
    {
        for (var round = 0; round < 20; round++)
        {
            var root = _folder.File($"race{round}");
            var ids = new string[8];
            Parallel.For(0, ids.Length, i => ids[i] = DataFolder.Open(root).InstanceId);
            ids.Distinct().ShouldHaveSingleItem();
        }
    }

    [Fact]
    public void A_folder_that_others_may_enter_is_closed()
    {
        Directory.CreateDirectory(Root);
        Shell.Run("chmod", "755", Root);
        DataFolder.Open(Root);
        Shell.Stat(Root).ShouldBe($"700 {Me}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("two\nlines")]
    [InlineData("../x")]
    public void A_damaged_id_is_said_to_be_damaged(string content)
    {
        DataFolder.Open(Root);
        var path = _folder.Write("data/instance-id", content);
        Refused().ShouldBe($"{path} is damaged; it must hold one line of letters, digits and dashes");
    }

    [Fact]
    public void A_file_is_not_a_folder()
    {
        File.WriteAllText(Root, "");
        Refused().ShouldBe($"data folder {Root} is a file; set DATA_DIR to a folder");
    }

    [Fact]
    public void A_folder_below_a_file_cannot_be_made() =>
        Should
            .Throw<StartException>(() => DataFolder.Open(_folder.Write("file", "") + "/data"))
            .Message.ShouldStartWith($"cannot create or open data folder {_folder.File("file")}/data as user '{Me}': ");

    [Fact]
    public void Somebody_elses_folder_is_left_alone()
    {
        Assert.SkipUnless(Shell.IsRoot, "only root can give a folder away");
        Directory.CreateDirectory(Root);
        Shell.Run("chown", "nobody", Root);
        Refused()
            .ShouldBe(
                $"data folder {Root} belongs to user 'nobody', but this program runs as user 'root'; "
                    + "start it as the owner, or change the owner with chown"
            );
        Directory.EnumerateFileSystemEntries(Root).ShouldBeEmpty();
    }

    [Fact]
    public void A_read_only_file_system_is_told()
    {
        using var disk = SmallDisk.MountOrSkip(_folder.File("data"), "1m");
        disk.Remount("ro");
        Refused().ShouldBe($"cannot write to data folder {Root}: Read-only file system");
    }

    [Fact]
    public void A_full_disk_is_told_and_leaves_nothing_half_made()
    {
        using var disk = SmallDisk.MountOrSkip(_folder.File("data"), "64k");
        disk.Fill();
        Refused().ShouldBe($"cannot write to data folder {Root}: disk full");
        File.Exists(Path.Combine(Root, "instance-id")).ShouldBeFalse();
        disk.Free();
        Guid.TryParse(DataFolder.Open(Root).InstanceId, out _).ShouldBeTrue();

        disk.Fill();
        var path = Path.Combine(Root, "config", "config.json");
        Should.Throw<IOException>(() => DurableFile.Write(path, new byte[100_000]));
        Directory.EnumerateFileSystemEntries(Path.Combine(Root, "config")).ShouldBeEmpty();
        DataFolder.Open(Root).ShouldNotBeNull("a full disk does not keep anybody from looking");
    }

    private string Refused() => Should.Throw<StartException>(() => DataFolder.Open(Root)).Message;
}
