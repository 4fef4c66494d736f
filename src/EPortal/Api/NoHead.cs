namespace EPortal.Api;

/// <summary>
/// Marks a route whose GET changes something and answers what is needed afterwards: HEAD would do it and show nothing.
/// </summary>
internal sealed class NoHead;
