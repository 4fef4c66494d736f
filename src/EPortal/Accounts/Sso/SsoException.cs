namespace EPortal.Accounts.Sso;

/// <summary>What came from the provider cannot be believed or used; the message is for the log.</summary>
internal sealed class SsoException(string message) : Exception(message);
