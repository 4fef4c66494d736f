using EPortal.Data;
using EPortal.PatchSource;

namespace EPortal.Operations;

/// <summary>
/// Says loudly when the database's file was deleted or replaced under the running program, also while nobody asks for
/// anything.
/// </summary>
internal sealed partial class DatabaseFileWorker(
    Database database,
    TimeProvider time,
    ILogger<DatabaseFileWorker> logger
) : PeriodicWorker(s_period, time)
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(5);

    private bool _isTold;

    /// <inheritdoc/>
    protected override Task Round(CancellationToken cancel)
    {
        var finding = Findings.OfFile(database);
        var isWrong = finding.Severity == "problem";
        if (isWrong && !_isTold)
            LogWrong(finding.Message);
        else if (!isWrong && _isTold)
            LogRight();
        _isTold = isWrong;
        return Task.CompletedTask;
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "{What}")]
    private partial void LogWrong(string what);

    [LoggerMessage(Level = LogLevel.Information, Message = "The database's file is in place again")]
    private partial void LogRight();
}
