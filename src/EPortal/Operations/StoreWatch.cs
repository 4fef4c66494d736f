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
    private bool _isTold;

    /// <inheritdoc/>
    protected override async Task Round(CancellationToken cancel)
    {
        try
        {
            if (database.WriteFailure is { } failure)
            {
                if (!_isTold)
                    LogFull(failure.Message);
                _isTold = true;
                // A real write, for one that writes nothing succeeds on a full disk.
                if (_reserve.HasRoom)
                    await log.Commit(
                        Actor.Portal,
                        change => change.Session.Execute("UPDATE node SET revision = revision")
                    );
            }

            if (_isTold && database.WriteFailure is null)
            {
                _isTold = false;
                LogRoom();
            }

            if (database.WriteFailure is null)
                _reserve.Fill();
        }
        catch (Exception e) when (e is StoreException or IOException or UnauthorizedAccessException)
        {
            LogNotYet(e.Message.TrimEnd('.'));
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{Reason}; agents are served what is here, check-ins are not recorded and changes are refused until there is room"
    )]
    private partial void LogFull(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "There is room again: check-ins and changes are recorded")]
    private partial void LogRoom();

    [LoggerMessage(Level = LogLevel.Warning, Message = "No space could be put by yet: {Reason}")]
    private partial void LogNotYet(string reason);
}
