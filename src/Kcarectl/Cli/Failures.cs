using EPortal.AgentClient;
using EPortal.Format;

namespace Kcarectl.Cli;

/// <summary>Turns what went wrong into one sentence and an exit code.</summary>
internal static class Failures
{
    public static int Report(AgentEnvironment environment, Exception failure)
    {
        environment.Warn(
            failure switch
            {
                UnauthorizedAccessException => $"{failure.Message.TrimEnd('.')}; run kcarectl as root",
                IOException => failure.Message.TrimEnd('.'), // The framework's end with a full stop.
                _ => failure.Message,
            }
        );
        return CodeOf(failure);
    }

    public static int CodeOf(Exception failure) =>
        failure switch
        {
            AgentException e => e.ExitCode,
            PatchsetException => ExitCode.NotTrusted,
            PortalException { Code: PortalError.UnknownServer } => ExitCode.NotRegistered,
            PortalException { IsTransient: true } or PortalException { Code: PortalError.TooSlow } =>
                ExitCode.PortalUnreachable,
            PortalException { Code: PortalError.WrongHash or PortalError.WrongLength } => ExitCode.NotTrusted,
            PortalException => ExitCode.PortalRefused,
            _ => ExitCode.Local,
        };

    /// <summary>True for errors that are printed as one sentence; anything else is a fault of this program.</summary>
    public static bool IsExpected(Exception failure) =>
        failure is AgentException or PortalException or PatchsetException or IOException or UnauthorizedAccessException;
}
