using System.Text;
using EPortal.Data;
using EPortal.Format;
using EPortal.Tests.Agents;
using EPortal.Tests.Cli;
using EPortal.Tests.Feeds;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Patchsets;

/// <summary>Archives that are not taken in: what is said of them, and what the user log keeps of it.</summary>
public sealed class RefusedArchiveTests
{
    private const string NoArchive =
        "not an archive: use a tar file, plain (.tar) or compressed (.tar.bz2, .tar.gz, .tar.zst)";

    [Theory]
    [InlineData("just a text\n", NoArchive)]
    [InlineData("", "the file is empty")]
    public async Task A_file_that_is_no_archive_is_called_that(string text, string said)
    {
        await using var portal = await TestPortal.StartAsync();
        using var folder = new TempFolder();
        var repeated = string.Concat(Enumerable.Repeat(text, 200));
        foreach (var content in new[] { text, repeated })
        {
            await File.WriteAllTextAsync(folder.File("note.txt"), content, TestContext.Current.CancellationToken);
            var (exit, _, error) = await portal.CommandLine().RunAsync(["kcare", "deploy", folder.File("note.txt")]);
            exit.ShouldBe(1);
            error.ShouldEndWith($"error: {said}\n");
            (await portal.CommandLine().RunAsync(["patchset", "verify", folder.File("note.txt")])).Err.ShouldContain(
                said
            );
        }

        var line = Log(portal)[0];
        (line.Actor, line.Detail).ShouldBe(("cli:tester", $"note.txt: {said}"));
    }

    [Fact]
    public async Task A_tar_that_is_damaged_or_cut_is_not_called_no_archive()
    {
        await using var portal = await TestPortal.StartAsync();
        using var folder = new TempFolder();
        using var made = await Archives.MakeAsync(
            "K1",
            1,
            portal.Time.GetUtcNow(),
            Product.Kernel,
            TestPortal.KernelId
        );
        using var gzip = new System.IO.Compression.GZipStream(made, System.IO.Compression.CompressionMode.Decompress);
        using var plain = new MemoryStream();
        if (made.ToArray() is [0x1f, 0x8b, ..])
            await gzip.CopyToAsync(plain, TestContext.Current.CancellationToken);
        else
            await made.CopyToAsync(plain, TestContext.Current.CancellationToken);
        var tar = plain.ToArray();
        byte[] damaged = [(byte)(tar[0] ^ 1), .. tar[1..]];
        foreach (
            var (content, said) in new[]
            {
                (tar[..300], "truncated"),
                (tar[..700], "truncated"),
                (damaged, "wrong header checksum"),
            }
        )
        {
            await File.WriteAllBytesAsync(folder.File("a.tar"), content, TestContext.Current.CancellationToken);
            (await portal.CommandLine().RunAsync(["kcare", "deploy", folder.File("a.tar")])).Err.ShouldContain(said);
        }
    }

    [Fact]
    public async Task A_refused_upload_leaves_a_line_in_the_user_log()
    {
        await using var site = await PatchsetSite.OpenAsync();
        using var form = new MultipartFormDataContent
        {
            { new StringContent("kernel"), "product" },
            { new StringContent("test"), "feed" },
            { new ByteArrayContent(Encoding.UTF8.GetBytes("<script>alert(1)</script>")), "archive", "<script>.tar" },
        };

        using var answer = await site.Browser.SendAsync(HttpMethod.Post, "/admin/upload-patchset", form);

        (await PatchsetSite.TextOf(answer)).ShouldContain(NoArchive);
        var line = Log(site.Portal).ShouldHaveSingleItem();
        (line.Actor, line.Address, line.Detail).ShouldBe(("ada", "127.0.0.1", $"kernel archive for test: {NoArchive}"));
    }

    private static IReadOnlyList<UserLogEntry> Log(TestPortal portal) =>
        portal.Portal.Database.Read(new UserLogQuery { Action = "patchset.refuse" }.Run);
}
