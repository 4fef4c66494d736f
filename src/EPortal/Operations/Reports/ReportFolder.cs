using System.Globalization;
using System.Text;
using EPortal.Blobs;

namespace EPortal.Operations.Reports;

/// <summary>The folder of reports that could not be sent, to be sent by hand.</summary>
internal sealed class ReportFolder(ReportOptions options)
{
    /// <summary>Reports that are kept; the oldest go.</summary>
    public const int Most = 60;

    private const string Pattern = "usage-report-*.json";

    /// <summary>Lock of whoever makes and sends reports.</summary>
    public string LockFile => Path.Combine(options.Folder, "sending.lock");

    /// <summary>Saves one, and deletes what is too much.</summary>
    /// <exception cref="IOException">The disk is full, or the folder cannot be written.</exception>
    public void Save(long number, string json)
    {
        Directory.CreateDirectory(options.Folder);
        DurableFile.Write(PathOf(number), Encoding.UTF8.GetBytes(json));
        foreach (
            var old in Directory
                .EnumerateFiles(options.Folder, Pattern)
                .Order(StringComparer.Ordinal)
                .SkipLast(Most)
                .ToList()
        )
            File.Delete(old);
    }

    /// <summary>Deletes one that was sent after all.</summary>
    public void Delete(long number) => File.Delete(PathOf(number));

    private string PathOf(long number) =>
        Path.Combine(options.Folder, string.Create(CultureInfo.InvariantCulture, $"usage-report-{number:D8}.json"));
}
