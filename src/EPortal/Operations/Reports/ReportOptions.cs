namespace EPortal.Operations.Reports;

/// <summary>What usage reports have to know of the settings.</summary>
/// <param name="Instance">The installation's id.</param>
/// <param name="Version">Version of the program.</param>
/// <param name="Folder">Where reports go that could not be sent.</param>
/// <param name="Period">How often one is made; null for never.</param>
/// <param name="IsReduced">Whether it holds only counts.</param>
/// <param name="MailTo">Address to mail them to; null for none.</param>
/// <param name="ProgramPath">Folders in which <c>sendmail</c> is looked for, with colons between.</param>
internal sealed record ReportOptions(
    string Instance,
    string Version,
    string Folder,
    TimeSpan? Period,
    bool IsReduced,
    string? MailTo,
    string ProgramPath
);
