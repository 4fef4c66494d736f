using System.Globalization;
using System.Text;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Operations.Mail;
using EPortal.PatchSource;

namespace EPortal.Operations.Reports;

/// <summary>
/// Makes reports and sends them: to the patch source, else by mail, else into a folder. A report has its number in the
/// store before it is sent, and keeps it through failures and restarts, so that who gets it twice can tell.
/// </summary>
internal sealed class ReportSender(
    Database database,
    ChangeLog log,
    PatchSourceManager source,
    ReportMaker maker,
    Sendmail mail,
    ReportFolder folder,
    ReportOptions options
)
{
    /// <summary>The last report.</summary>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    public ReportState State => database.Read(ReportState.Read);

    /// <summary>The next report, which is not sent.</summary>
    public UsageReport Next => maker.Make(State.Number + 1);

    /// <summary>Says that the last report was made now: the clock has gone back since.</summary>
    public Task SetBack() =>
        log.Commit(
            Actor.Portal,
            change => (ReportState.Read(change.Session) with { Made = change.Now }).Write(change.Session)
        );

    /// <summary>
    /// Makes a report, or goes on with the last one, and sends it; null while another process does so.
    /// </summary>
    /// <param name="seen">The report on which that was decided; null where that does not matter.</param>
    /// <param name="isNew">Whether to make one.</param>
    /// <param name="cancel">Ends it; the report stays to be sent.</param>
    /// <exception cref="StoreException">The store failed: nothing was sent that it does not know of.</exception>
    /// <exception cref="IOException">The folder of reports cannot be written.</exception>
    public async Task<ReportState?> Send(ReportState? seen, bool isNew, CancellationToken cancel)
    {
        using var sending = FileLock.TryAcquire(folder.LockFile);
        if (sending is null)
            return null;
        var state = State;
        if (seen is not null && seen != state)
            return null;
        if (isNew)
        {
            var report = maker.Make(state.Number + 1);
            state = new ReportState(
                report.Number,
                report.Made,
                Encoding.ASCII.GetString(report.ToJson()),
                Way: null,
                Error: null
            );
            await Keep(state);
        }

        state = await Deliver(state, cancel);
        await Keep(state);
        return state;
    }

    private Task Keep(ReportState state) => log.Commit(Actor.Portal, change => state.Write(change.Session));

    private async Task<ReportState> Deliver(ReportState state, CancellationToken cancel)
    {
        var json = state.Content!;
        var failures = new List<string>();
        var mayRetry = false;
        using (var lease = source.Take())
        {
            if (lease.Connection is { } connection)
            {
                try
                {
                    await connection.SendReport(Encoding.ASCII.GetBytes(json), cancel);
                    return Sent(state, "source", failures);
                }
                catch (SourceException e)
                {
                    // A plain web server takes none, today and tomorrow.
                    var isPlain = e.Code is SourceError.NotFound or SourceError.BadAnswer;
                    failures.Add(isPlain ? "the patch source takes no usage reports" : e.Message);
                    mayRetry |= !isPlain;
                }
            }
        }

        if (options.MailTo is { } to)
        {
            try
            {
                await mail.Send(
                    to,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"ePortal usage report {state.Number} of {options.Instance}"
                    ),
                    $"Content-Type: application/json\nContent-Transfer-Encoding: 7bit\n\n{json}",
                    cancel
                );
                return Sent(state, "mail", failures);
            }
            catch (MailException e)
            {
                failures.Add(e.Message);
                mayRetry = true;
            }
        }

        return Save(state, failures, mayRetry);
    }

    private ReportState Sent(ReportState state, string way, List<string> failures)
    {
        folder.Delete(state.Number);
        return state with { Content = null, Way = way, Error = Joined(failures) };
    }

    private ReportState Save(ReportState state, List<string> failures, bool mayRetry)
    {
        try
        {
            folder.Save(state.Number, state.Content!);
            return state with { Content = mayRetry ? state.Content : null, Way = "file", Error = Joined(failures) };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failures.Add($"cannot save it in {options.Folder}: {e.Message.TrimEnd('.')}");
            return state with { Error = Joined(failures) };
        }
    }

    private static string? Joined(List<string> failures) => failures.Count == 0 ? null : string.Join("; ", failures);
}
