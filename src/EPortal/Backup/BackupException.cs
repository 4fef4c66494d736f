using EPortal.Data;

namespace EPortal.Backup;

/// <summary>A backup cannot be made or restored; the message is one sentence, and nothing was changed.</summary>
internal sealed class BackupException(string message, Exception? inner = null) : UserFacingException(message, inner);
