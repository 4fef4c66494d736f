namespace EPortal.Data;

/// <summary>A failure whose message is one sentence for people, without anything that only programmers need.</summary>
internal abstract class UserFacingException(string message, Exception? inner = null) : Exception(message, inner);
