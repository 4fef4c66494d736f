namespace EPortal.EndToEnd.Kernel;

/// <summary>The guest failed, and the message ends with its console's last lines; or its preparation did.</summary>
internal sealed class GuestException(string message, Exception? inner = null) : Exception(message, inner);
