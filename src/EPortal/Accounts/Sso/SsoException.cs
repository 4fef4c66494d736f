namespace EPortal.Accounts.Sso;

/// <summary>What came from the provider cannot be believed or used; the message is for the log.</summary>
internal sealed class SsoException(string message) : Exception(message)
{
    /// <summary>What the login page says, as <see cref="Sessions.LoginProblems"/> has it.</summary>
    public string Problem { get; init; } = Sessions.LoginProblems.SsoUnavailable;
}
