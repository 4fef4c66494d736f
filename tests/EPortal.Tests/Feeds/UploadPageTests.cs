using System.Net;
using EPortal.Format;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Feeds;

/// <summary>Archives that come through the browser.</summary>
public sealed class UploadPageTests
{
    private const string Path = "/admin/upload-patchset";

    [Theory]
    [InlineData("stored", "K1 undeployed", "", "K1 was stored.")]
    [InlineData(
        "enabled",
        "K1 undeployed",
        "/manage?do.test=enable",
        "K1 was stored. Its signature was not checked, because no key is pinned. Check the preview to enable it on test."
    )]
    [InlineData("disabled", "K1 disabled", "", "K1 was disabled on test.")]
    public async Task An_archive_is_stored_and_changes_for_servers_are_previewed(
        string state,
        string standing,
        string then,
        string sentence
    )
    {
        await using var site = await PatchsetSite.OpenAsync();

        using var answer = await UploadAsync(site, await ArchiveAsync(site), state: state);

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect, await PatchsetSite.TextOf(answer));
        answer.Headers.Location!.ToString().ShouldBe("/admin/patchsets/kernel/K1" + then);
        site.States("test").ShouldBe([standing]);
        site.States("main").ShouldBe(["K1 undeployed"]);
        (await site.Browser.TextAsync(answer.Headers.Location.ToString())).ShouldContain(sentence);
    }

    [Fact]
    public async Task What_is_enabled_already_is_disabled_only_after_a_preview()
    {
        await using var site = await PatchsetSite.OpenAsync();
        var archive = await ArchiveAsync(site);
        (await UploadAsync(site, archive, state: "stored")).Dispose();
        await site.Portal.Portal.Rollout.Enable(
            TestPortal.Admin,
            Product.Kernel,
            "K1",
            "test",
            TestContext.Current.CancellationToken
        );

        using var answer = await UploadAsync(site, archive, state: "disabled");

        answer.Headers.Location!.ToString().ShouldBe("/admin/patchsets/kernel/K1/manage?do.test=disable");
        site.States("test").ShouldBe(["K1 enabled"]);
    }

    [Fact]
    public async Task To_store_is_what_is_chosen_until_somebody_chooses()
    {
        await using var site = await PatchsetSite.OpenAsync();

        (await site.Browser.TextAsync(Path)).ShouldContain("value=\"stored\" checked");
        await ShouldBeRefusedAsync(
            site,
            await UploadAsync(site, await ArchiveAsync(site), state: "explode"),
            "invalid state"
        );
    }

    [Fact]
    public async Task One_that_is_larger_than_any_other_form_may_be_is_taken()
    {
        await using var site = await PatchsetSite.OpenAsync();
        var large = new byte[3 << 20];
        using var archive = await Archives.MakeAsync(
            "K1",
            1,
            site.Portal.Time.GetUtcNow(),
            Product.Kernel,
            TestPortal.KernelId,
            large
        );

        using var answer = await UploadAsync(site, archive.ToArray());

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect, await PatchsetSite.TextOf(answer));
    }

    [Fact]
    public async Task A_script_is_told_where_to_go_on()
    {
        await using var site = await PatchsetSite.OpenAsync();

        using var answer = await UploadAsync(site, await ArchiveAsync(site), headers: ("HX-Request", "true"));

        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        answer.Headers.GetValues("HX-Redirect").ShouldBe(["/admin/patchsets/kernel/K1"]);
    }

    [Fact]
    public async Task A_bad_archive_is_refused_with_what_is_wrong_with_it()
    {
        await using var site = await PatchsetSite.OpenAsync();
        var archive = await ArchiveAsync(site);
        archive[^2000] ^= 1;

        await ShouldBeRefusedAsync(site, await UploadAsync(site, archive), "kpatch.bin");
        await ShouldBeRefusedAsync(site, await UploadAsync(site, "no archive"u8.ToArray()), "alert-danger");
        await ShouldBeRefusedAsync(
            site,
            await UploadAsync(site, await ArchiveAsync(site), product: "user"),
            "is a kernel patchset"
        );
        await ShouldBeRefusedAsync(
            site,
            await UploadAsync(site, await ArchiveAsync(site), feed: "<script>"),
            "feed &#x27;&lt;script&gt;&#x27; not found"
        );
        await ShouldBeRefusedAsync(
            site,
            await UploadAsync(site, await ArchiveAsync(site), product: "nonsense"),
            "not found"
        );
        await ShouldBeRefusedAsync(site, await UploadAsync(site, [], fileName: ""), "choose an archive file");
    }

    [Fact]
    public async Task What_is_no_upload_is_refused()
    {
        await using var site = await PatchsetSite.OpenAsync();
        using var cut = new ByteArrayContent(
            "--b\r\nContent-Disposition: form-data; name=archive; filename=K1.tar\r\n\r\nhalf"u8.ToArray()
        );
        cut.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=b");
        using var tooLong = new MultipartFormDataContent { { new StringContent(new string('x', 2000)), "feed" } };

        await ShouldBeRefusedAsync(site, await site.Browser.PostAsync(Path, ("feed", "main")), "multipart/form-data");
        await ShouldBeRefusedAsync(site, await site.Browser.SendAsync(HttpMethod.Post, Path, cut), "was cut off");
        await ShouldBeRefusedAsync(site, await site.Browser.SendAsync(HttpMethod.Post, Path, tooLong), "too long");
    }

    [Theory]
    [InlineData(30_000)]
    [InlineData(3_000_000)]
    public async Task One_that_is_too_large_is_refused(int length)
    {
        await using var site = await PatchsetSite.OpenAsync(change: settings =>
            settings with
            {
                PatchsetMaxArchiveBytes = 20_000,
            }
        );

        await ShouldBeRefusedAsync(site, await UploadAsync(site, new byte[length]), "The archive is larger than");
        Directory
            .EnumerateFiles(site.Portal.DataFolder, "*", SearchOption.AllDirectories)
            .ShouldNotContain(file => new FileInfo(file).Length == length);
    }

    [Fact]
    public async Task Readers_and_other_sites_upload_nothing()
    {
        await using var reader = await PatchsetSite.OpenAsync(ApiCaller.Reader);
        using (var answer = await UploadAsync(reader, await ArchiveAsync(reader)))
            answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        reader.States("test").ShouldBeEmpty();
        (await reader.Browser.TextAsync(Path)).ShouldNotContain("type=\"file\"");

        await using var admin = await PatchsetSite.OpenAsync();
        admin.Browser.Origin = "https://elsewhere.example";
        using (var answer = await UploadAsync(admin, await ArchiveAsync(admin)))
            answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        admin.States("test").ShouldBeEmpty();
    }

    private static async Task<byte[]> ArchiveAsync(PatchsetSite site)
    {
        using var archive = await Archives.MakeAsync(
            "K1",
            1,
            site.Portal.Time.GetUtcNow(),
            Product.Kernel,
            TestPortal.KernelId
        );
        return archive.ToArray();
    }

    private static async Task<HttpResponseMessage> UploadAsync(
        PatchsetSite site,
        byte[] archive,
        string product = "kernel",
        string feed = "test",
        string state = "stored",
        string fileName = "K1.tar",
        params (string Name, string Value)[] headers
    )
    {
        using var file = new ByteArrayContent(archive);
        file.Headers.TryAddWithoutValidation(
            "Content-Disposition",
            $"form-data; name=\"archive\"; filename=\"{fileName}\""
        );
        using var form = new MultipartFormDataContent
        {
            { new StringContent(product), "product" },
            { new StringContent(feed), "feed" },
            { new StringContent(state), "state" },
            file,
        };
        return await site.Browser.SendAsync(HttpMethod.Post, Path, form, headers);
    }

    private static async Task ShouldBeRefusedAsync(PatchsetSite site, HttpResponseMessage answer, string sentence)
    {
        using (answer)
        {
            var page = await PatchsetSite.TextOf(answer);
            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest, page);
            page.ShouldContain(sentence);
            page.ShouldContain("type=\"file\"");
        }

        site.Portal.Portal.Rollout.List("main", Product.Kernel).ShouldBeEmpty();
    }
}
