using System.Collections.Concurrent;
using EPortal.Accounts.Ldap;
using EPortal.Data;

namespace EPortal.Accounts;

/// <summary>Whether a user confirmed by a directory may still log in.</summary>
internal enum DirectoryStatus
{
    /// <summary>They may.</summary>
    Good,

    /// <summary>They may not any more.</summary>
    Gone,

    /// <summary>The directory cannot be asked, and it was too long ago that it could.</summary>
    Unknown,
}

/// <summary>
/// Asks the directory again, by its bind account, about users who have sessions or API keys: five minutes after it last
/// said yes, one question at a time. A directory that fails is left alone for half a minute; its last yes counts for an
/// hour, so an outage logs nobody out at once and keeps nobody in for good.
/// </summary>
internal sealed partial class DirectoryRecheck(
    ExternalLogins logins,
    LdapStore ldap,
    ChangeLog log,
    TimeProvider time,
    ILogger<DirectoryRecheck> logger
) : IDisposable
{
    /// <summary>How old an answer may be before it is asked for again.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    /// <summary>How long an answer counts while the directory cannot be asked.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(30);

    /// <summary>How long a request waits for an answer that it can do without.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Lazy<Task<DirectoryStatus>>> _asked = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _one = new(1);
    private readonly CancellationTokenSource _end = new();
    private long _failedAt;

    /// <summary>The state of a user; local users, and those that cannot be checked, are good.</summary>
    public async Task<DirectoryStatus> Of(User user)
    {
        if (
            user.IsLocal
            || !user.Identity!.StartsWith(ExternalIdentity.LdapPrefix, StringComparison.Ordinal)
            || ldap.DirectoryOrNull(out _) is not { CanLookUp: true } directory
        )
            return DirectoryStatus.Good;
        if (logins.FindOrNull(user.Id) is not { } last)
            return DirectoryStatus.Gone;
        var age = time.GetUtcNow() - UnixMicros.ToTime(last.Confirmed);
        if (age < Interval)
            return DirectoryStatus.Good;
        var answer = Ask(user, last, directory);
        var standing = age >= Grace ? await answer : await WithinPatience(answer);
        return standing == DirectoryStatus.Unknown && age < Grace ? DirectoryStatus.Good : standing;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Cancel();
        _one.Dispose();
        _end.Dispose();
    }

    private static async Task<DirectoryStatus> WithinPatience(Task<DirectoryStatus> answer) =>
        await Task.WhenAny(answer, Task.Delay(s_patience)) == answer ? await answer : DirectoryStatus.Unknown;

    /// <summary>The question about a user; who comes while it is being asked gets the same answer.</summary>
    private Task<DirectoryStatus> Ask(User user, ExternalLogin last, LdapDirectory directory) =>
        _asked
            .GetOrAdd(
                user.Id,
                _ => new Lazy<Task<DirectoryStatus>>(() => Task.Run(() => AskInTurn(user, last, directory)))
            )
            .Value;

    private async Task<DirectoryStatus> AskInTurn(User user, ExternalLogin last, LdapDirectory directory)
    {
        try
        {
            await _one.WaitAsync(_end.Token);
            try
            {
                return IsPausing() ? DirectoryStatus.Unknown : await AskNow(user, last, directory);
            }
            finally
            {
                _one.Release();
            }
        }
        catch (Exception e) when (e is LdapException or StoreException)
        {
            Volatile.Write(ref _failedAt, time.GetTimestamp());
            LogFailed(e.Message);
            return DirectoryStatus.Unknown;
        }
        catch (Exception e)
            when (e is OperationCanceledException or ObjectDisposedException && _end.IsCancellationRequested)
        {
            return DirectoryStatus.Unknown;
        }
        finally
        {
            _asked.TryRemove(user.Id, out _);
        }
    }

    private async Task<DirectoryStatus> AskNow(User user, ExternalLogin last, LdapDirectory directory)
    {
        var standing = await directory.LookUp(last.Name, _end.Token) ? DirectoryStatus.Good : DirectoryStatus.Gone;
        await log.Commit(
            Actor.Portal,
            change =>
            {
                if (standing == DirectoryStatus.Good)
                    return change.Session.Execute(
                        "UPDATE external_login SET confirmed = @now WHERE account = @id",
                        ("@now", UnixMicros.Of(change.Now)),
                        ("@id", user.Id)
                    );
                // A login since then was confirmed after this answer.
                if (
                    change.Session.Execute(
                        "DELETE FROM external_login WHERE account = @id AND login = @login",
                        ("@id", user.Id),
                        ("@login", last.Login)
                    ) == 0
                )
                    return 0;
                change.Note("session.end", $"all of {user.Name}: no longer allowed by the directory");
                return change.Session.Execute("DELETE FROM login_session WHERE account = @id", ("@id", user.Id));
            }
        );
        return standing;
    }

    private bool IsPausing() => Volatile.Read(ref _failedAt) is var at and not 0 && time.GetElapsedTime(at) < s_pause;

    [LoggerMessage(Level = LogLevel.Error, Message = "Cannot check users in the LDAP directory: {Reason}")]
    private partial void LogFailed(string reason);
}
