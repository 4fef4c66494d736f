using EPortal.Data;
using EPortal.PatchSource;

namespace EPortal.Operations;

/// <summary>
/// Watches over a disk that takes no more: tells it once, tries after it had room whether changes are written again,
/// and puts space by for a start on a full disk.
/// </summary>
internal sealed partial class StoreWatch(
    Database database,
    ChangeLog log,
    OperationsOptions options,
    TimeProvider time,
    ILogger<StoreWatch> logger
) : PeriodicWorker(s_every, time)
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(10);

    private readonly SpaceReserve _reserve = new(options.DataFolder);
    private string? _told;

    /// <inheritdoc/>
    protected override async Task Round(CancellationToken cancel)
    {
        var problem = await Look();
        if (problem == _told)
            return;
        _told = problem;
        if (problem is null)
            LogRoom();
        else if (database.WriteFailure is not null)
            LogFull(problem);
        else
            LogNotPutBy(problem);
    }

    /// <summary>What is wrong, without a full stop; null for nothing.</summary>
    private async Task<string?> Look()
    {
        try
        {
            // A disk that is full before anybody wanted to write is noticed too.
            if (database.WriteFailure is null ? _reserve.IsDiskFull : _reserve.HasRoom)
                await Probe();
            if (database.WriteFailure is null)
                _reserve.Fill();
            return database.WriteFailure?.Message;
        }
        catch (Exception e) when (e is StoreException or IOException or UnauthorizedAccessException)
        {
            return e.Message.TrimEnd('.');
        }
    }

    /// <summary>Really writes: a change that writes nothing succeeds on a full disk.</summary>
    private Task Probe() =>
        log.Commit(Actor.Portal, change => change.Session.Execute("UPDATE node SET revision = revision"));

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{Reason}; agents are served what is here, check-ins are not recorded and changes are refused until there is room"
    )]
    private partial void LogFull(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "There is room again: check-ins and changes are recorded")]
    private partial void LogRoom();

    [LoggerMessage(Level = LogLevel.Warning, Message = "No space put by for a start on a full disk: {Reason}")]
    private partial void LogNotPutBy(string reason);
}
