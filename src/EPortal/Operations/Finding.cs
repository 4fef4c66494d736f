namespace EPortal.Operations;

/// <summary>Something a look at the portal found.</summary>
/// <param name="Severity"><c>problem</c>, <c>warning</c> or <c>ok</c>.</param>
/// <param name="Subject">What it is about: <c>patch-source</c>, <c>trust</c>, <c>disk</c>, <c>feeds</c>.</param>
/// <param name="Message">One sentence.</param>
internal sealed record Finding(string Severity, string Subject, string Message)
{
    /// <summary>All is well.</summary>
    public static Finding Ok(string subject, string message) => new("ok", subject, message);

    /// <summary>Works, and somebody should look at it.</summary>
    public static Finding Warning(string subject, string message) => new("warning", subject, message);

    /// <summary>Does not work.</summary>
    public static Finding Problem(string subject, string message) => new("problem", subject, message);

    /// <inheritdoc/>
    public override string ToString() => $"{Severity}: {Subject}: {Message}";
}
