using System.Text;
using EPortal.Data;
using EPortal.Operations.Reports;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Operations.Reports;

/// <summary>By which way a usage report goes.</summary>
public sealed class ReportSenderTests
{
    private const string Keep = "cat > MAIL";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_goes_to_the_patch_source_with_its_login()
    {
        await using var house = await ReportHouse.StartAsync("reports@example.com");
        house.WriteSendmail(Keep);

        var sent = await house.SendAsync();

        sent.Sentence.ShouldBe("usage report 1 sent to the patch source");
        house.Sender.State.ShouldBe(sent);
        var got = house.Received.ShouldHaveSingleItem();
        (got.Instance, got.Number, got.Version).ShouldBe(("instance-1", 1, "0.2.0"));
        got.Made.ShouldBe(house.Time.GetUtcNow());
        File.Exists(house.Mail).ShouldBeFalse();
        house.Saved.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(404, "the patch source takes no usage reports")]
    [InlineData(405, "the patch source takes no usage reports")]
    [InlineData(500, "the patch source answered 500 for usage-report")]
    public async Task Where_the_source_does_not_take_it_it_is_mailed(int status, string reason)
    {
        await using var house = await ReportHouse.StartAsync("reports@example.com");
        house.WriteSendmail("""[ "$*" = '-t -oi' ] && cat > MAIL && env > MAIL.env""");
        house.Answer = status;

        var sent = await house.SendAsync();

        sent.Sentence.ShouldBe($"usage report 1 mailed: {reason}");
        sent.IsPending.ShouldBeFalse();
        var letter = await File.ReadAllTextAsync(house.Mail, Cancellation);
        letter.ShouldStartWith("To: reports@example.com\nSubject: ePortal usage report 1 of instance-1\n");
        var body = letter[(letter.IndexOf("\n\n", StringComparison.Ordinal) + 2)..];
        UsageReport.Read(Encoding.ASCII.GetBytes(body)).Number.ShouldBe(1);
        (await File.ReadAllTextAsync($"{house.Mail}.env", Cancellation)).ShouldNotContain("EPORTAL_");
    }

    [Theory]
    [InlineData("echo 'no\nroute' >&2; exit 75", "sendmail failed with exit code 75: no")]
    [InlineData(null, "no sendmail on this machine to send mail with")]
    public async Task Where_mail_fails_too_it_is_saved_and_tried_again_with_the_same_number(
        string? script,
        string reason
    )
    {
        await using var house = await ReportHouse.StartAsync("reports@example.com");
        if (script is not null)
            house.WriteSendmail(script);
        house.Answer = 500;

        var failed = await house.SendAsync();

        failed.IsPending.ShouldBeTrue();
        failed.Sentence.ShouldBe(
            $"usage report 1 not sent yet: the patch source answered 500 for usage-report; {reason}; it is saved in reports/"
        );
        house.Saved.ShouldBe(["usage-report-00000001.json"]);
        house.Answer = 200;
        var sent = await house.Sender.Send(failed, isNew: false, Cancellation);
        sent.ShouldNotBeNull().Sentence.ShouldBe("usage report 1 sent to the patch source");
        house.Received.ShouldHaveSingleItem().Number.ShouldBe(1);
        house.Saved.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_source_and_mail_it_is_saved_and_the_oldest_go()
    {
        await using var house = await ReportHouse.StartAsync(hasSource: false);

        for (var number = 1; number <= ReportFolder.Most + 2; number++)
            (await house.SendAsync()).Sentence.ShouldBe($"usage report {number} saved in reports/, send it by hand");

        house.Saved.Count().ShouldBe(ReportFolder.Most);
        house.Saved.First().ShouldBe("usage-report-00000003.json");
        var text = await File.ReadAllBytesAsync(Path.Combine(house.Folder, house.Saved.Last()), Cancellation);
        UsageReport.Read(text).Number.ShouldBe(ReportFolder.Most + 2);
    }

    [Fact]
    public async Task A_sendmail_that_hangs_is_ended()
    {
        await using var house = await ReportHouse.StartAsync("reports@example.com", hasSource: false);
        house.WriteSendmail("touch MAIL; exec sleep 600");

        var sending = house.SendAsync();
        while (!File.Exists(house.Mail))
            await Task.Yield();
        house.Time.Advance(TimeSpan.FromSeconds(61));

        (await sending).Error.ShouldBe("sendmail did not end within 60 seconds");
    }

    [Fact]
    public async Task On_a_full_disk_nothing_is_sent_that_the_store_does_not_know_of()
    {
        using var folder = new TempFolder();
        using var disk = SmallDisk.MountOrSkip(folder.File("disk"), "24m");
        await using var house = await ReportHouse.StartAsync(data: folder.File("disk/data"));
        (await house.SendAsync()).Number.ShouldBe(1);
        disk.Fill();

        await Should.ThrowAsync<StoreException>(async () =>
        {
            // Some pages of the log may be free yet.
            for (var number = 0; number < 100; number++)
                await house.SendAsync();
        });

        var known = house.Sender.State.Number;
        house.Received.Count.ShouldBe((int)known);
        disk.Free();
        (await house.SendAsync()).Number.ShouldBe(known + 1);
        house
            .Received.Select(report => report.Number)
            .ShouldBe(Enumerable.Range(1, (int)known + 1).Select(n => (long)n));
    }

    [Fact]
    public async Task One_process_sends_at_a_time_and_not_what_another_sent_meanwhile()
    {
        await using var house = await ReportHouse.StartAsync();
        var seen = house.Sender.State;
        await house.SendAsync();

        (await house.Sender.Send(seen, isNew: true, Cancellation)).ShouldBeNull();

        house.Received.Count.ShouldBe(1);
    }
}
