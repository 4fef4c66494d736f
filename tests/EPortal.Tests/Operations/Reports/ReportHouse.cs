using System.Collections.Concurrent;
using System.Text;
using EPortal.Hosting;
using EPortal.Operations.Mail;
using EPortal.Operations.Reports;
using EPortal.PatchSource;
using EPortal.Tests.Hosting;
using EPortal.Tests.PatchSource;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace EPortal.Tests.Operations.Reports;

/// <summary>A portal that sends reports to a real web server, and by a <c>sendmail</c> that a test writes.</summary>
internal sealed class ReportHouse : IAsyncDisposable
{
    private readonly TempFolder _folder = new();

    private ReportHouse(FakeSource source) => Source = source;

    public FakeSource Source { get; }

    /// <summary>What the source got.</summary>
    public ConcurrentQueue<UsageReport> Received { get; } = [];

    /// <summary>Status that the source answers reports with.</summary>
    public int Answer { get; set; } = 200;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

    public Portal Portal { get; private set; } = null!;

    public ReportSender Sender { get; private set; } = null!;

    public ReportOptions Options { get; private set; } = null!;

    public string Folder => Options.Folder;

    /// <summary>What the false sendmail was given.</summary>
    public string Mail => _folder.File("mail");

    public IEnumerable<string> Saved =>
        Directory.EnumerateFiles(Folder, "*.json").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ReportHouse> StartAsync(
        string? mailTo = null,
        bool reduced = false,
        bool hasSource = true,
        string? data = null
    )
    {
        var house = new ReportHouse(await FakeSource.StartAsync());
        house.Source.Misbehave = house.TakeAsync;
        house.Portal = Portal.Open(
            Settings.Defaults with
            {
                DataDir = data ?? house._folder.File("data"),
                RunAs = Shell.IsRoot ? "root" : null,
                PatchSourceUrl = hasSource ? house.Source.Address : null,
                PatchSourceUser = "lower",
                PatchSourcePassword = "secret",
            },
            house.Time
        );
        house.Options = new ReportOptions(
            "instance-1",
            "0.2.0",
            Path.Combine(house.Portal.Settings.DataDir, "reports"),
            TimeSpan.FromDays(1),
            reduced,
            mailTo,
            house._folder.File("bin")
        );
        house.Sender = new ReportSender(
            house.Portal.Database,
            house.Portal.Log,
            house.Portal.Source,
            new ReportMaker(house.Portal.Database, house.Portal.Offers, house.Options, house.Time),
            new Sendmail(house.Options.ProgramPath, house.Time),
            new ReportFolder(house.Options),
            house.Options
        );
        return house;
    }

    /// <summary>Puts a <c>sendmail</c> into the path; a script of the shell.</summary>
    public void WriteSendmail(string script)
    {
        Directory.CreateDirectory(_folder.File("bin"));
        var path = _folder.File("bin/sendmail");
        File.WriteAllText(path, $"#!/bin/sh\n{script.Replace("MAIL", Mail, StringComparison.Ordinal)}\n");
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("755", 8));
    }

    /// <summary>A worker as a process has it that begins now.</summary>
    public ReportWorker NewWorker() => new(Sender, TimeSpan.FromDays(1), Time, NullLogger<ReportWorker>.Instance);

    public async Task<ReportState> SendAsync() => (await Sender.Send(null, isNew: true, Cancellation))!;

    public async ValueTask DisposeAsync()
    {
        await Portal.DisposeAsync();
        await Source.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<bool> TakeAsync(HttpContext context, string path)
    {
        if (path != PatchSourceConnection.ReportPath)
            return false;
        var login = Convert.ToBase64String(Encoding.ASCII.GetBytes("lower:secret"));
        if (context.Request.Headers.Authorization != $"Basic {login}" || context.Request.Method != "POST")
        {
            context.Response.StatusCode = 401;
            return true;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, Cancellation);
        if (Answer == 200)
            Received.Enqueue(UsageReport.Read(body.ToArray()));
        context.Response.StatusCode = Answer;
        return true;
    }
}
