using System.Net;
using EPortal.Data;
using EPortal.Keys;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Data;

/// <summary>A database file that is deleted or replaced under the running portal is noticed.</summary>
public sealed class DatabaseFileTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Accidents => ["deleted", "moved", "replaced", "overwritten", "log deleted"];

    [Theory]
    [MemberData(nameof(Accidents))]
    public async Task It_writes_nothing_and_is_not_ready(string accident)
    {
        await using var portal = await TestPortal.StartAsync();
        portal.Portal.Database.MarkFile();
        var file = Path.Combine(portal.DataFolder, Database.FileName);
        var copy = Path.Combine(portal.DataFolder, "copy");
        portal.Portal.Database.CopyTo(copy, Cancellation);
        await portal.Portal.Keys.Add(TestPortal.Admin, "later", new KeySettings());
        (await portal.GetAsync("/readyz")).StatusCode.ShouldBe(HttpStatusCode.OK);

        switch (accident)
        {
            case "deleted":
                File.Delete(file);
                break;
            case "moved":
                File.Move(file, file + ".aside");
                break;
            case "log deleted":
                File.Delete(file + "-wal");
                break;
            case "replaced":
                File.Move(copy, file, overwrite: true);
                break;
            default:
                // As `cp -f` does it: the same file with other content.
                await using (var target = new FileStream(file, FileMode.Truncate))
                await using (var source = File.OpenRead(copy))
                    await source.CopyToAsync(target, Cancellation);
                break;
        }

        portal.Time.Advance(TimeSpan.FromSeconds(6));
        (
            await Should.ThrowAsync<StoreException>(() =>
                portal.Portal.Keys.Add(TestPortal.Admin, "x", new KeySettings())
            )
        ).Message.ShouldContain("was deleted or replaced while it was in use");
        var ready = await portal.GetAsync("/readyz");
        ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await ready.Content.ReadAsStringAsync(Cancellation)).ShouldContain("deleted or replaced");
        if (accident is "deleted" or "moved")
            File.Exists(file).ShouldBeFalse("no empty database is made in its place");
        if (accident == "moved")
        {
            File.Move(file + ".aside", file);
            await portal.Portal.Keys.Add(TestPortal.Admin, "again", new KeySettings());
        }
    }

    [Fact]
    public async Task Another_program_that_begins_to_serve_is_no_reason()
    {
        await using var portal = await TestPortal.StartAsync();
        portal.Portal.Database.MarkFile();
        portal.Portal.Database.RequireSame();
        using (var other = Database.Open(portal.DataFolder))
            other.MarkFile();

        await portal.Portal.Keys.Add(TestPortal.Admin, "later", new KeySettings());
        portal.Portal.Database.RequireSame();
    }
}
