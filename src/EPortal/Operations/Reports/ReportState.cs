using EPortal.Data;

namespace EPortal.Operations.Reports;

/// <summary>The last usage report.</summary>
/// <param name="Number">Its number; 0 while there was none.</param>
/// <param name="Made">When it was made.</param>
/// <param name="Content">Its JSON, while it is still to be sent.</param>
/// <param name="Way">How it went: <c>source</c>, <c>mail</c>, <c>file</c>; null before the first try.</param>
/// <param name="Error">Why a better way was not to be had.</param>
internal sealed record ReportState(long Number, DateTimeOffset Made, string? Content, string? Way, string? Error)
{
    private const string InReports = "file";

    /// <summary>Whether it is still to be sent.</summary>
    public bool IsPending => Content is not null;

    /// <summary>What to say of it.</summary>
    public string Sentence =>
        Number == 0 ? "no usage report made yet"
        : IsPending ? $"usage report {Number} not sent yet{Because}"
        : Way switch
        {
            "source" => $"usage report {Number} sent to the patch source",
            "mail" => $"usage report {Number} mailed{Because}",
            _ => $"usage report {Number} saved in reports/, send it by hand{Because}",
        };

    private string Because =>
        (Error is null ? "" : $": {Error}") + (IsPending && Way == InReports ? "; it is saved in reports/" : "");

    /// <summary>Reads it.</summary>
    public static ReportState Read(Session session)
    {
        using var row = session.Query("SELECT number, made, content, way, error FROM usage_report");
        return row.Read()
            ? new ReportState(
                row.GetInt64(0),
                UnixMicros.ToTime(row.GetInt64(1)),
                row.IsDBNull(2) ? null : row.GetString(2),
                row.IsDBNull(3) ? null : row.GetString(3),
                row.IsDBNull(4) ? null : row.GetString(4)
            )
            : new ReportState(0, DateTimeOffset.UnixEpoch, null, null, null);
    }

    /// <summary>Keeps it.</summary>
    public bool Write(Session session)
    {
        session.Execute(
            """
            INSERT INTO usage_report (one, number, made, content, way, error) VALUES (1, @number, @made, @content, @way, @error)
            ON CONFLICT (one) DO UPDATE SET number = excluded.number, made = excluded.made, content = excluded.content,
            way = excluded.way, error = excluded.error
            """,
            ("@number", Number),
            ("@made", UnixMicros.Of(Made)),
            ("@content", Content),
            ("@way", Way),
            ("@error", Error)
        );
        return true;
    }
}
