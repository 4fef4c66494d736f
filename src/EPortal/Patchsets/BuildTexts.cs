using System.CommandLine;
using System.Globalization;
using EPortal.Cli;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>The describing options of <c>patchset build</c>.</summary>
internal sealed class BuildTexts
{
    private readonly Option<string?> _released = CliOptions.Value<string>(
        "release time, RFC 3339 UTC (now by default)",
        "--released"
    );
    private readonly Option<string?> _channel = CliOptions.Choice("release channel", Manifest.Channels, "--channel");
    private readonly Option<string?> _distro = CliOptions.Value<string>("distribution, such as debian12", "--distro");
    private readonly Option<string?> _release = CliOptions.Value<string>(
        "kernel as installed, as uname -r",
        "--release"
    );
    private readonly Option<string?> _euname = CliOptions.Value<string>("effective kernel with this patch", "--euname");
    private readonly Option<string?> _machine = CliOptions.Value<string>("machine, as uname -m", "--machine");
    private readonly Option<string?> _summary = CliOptions.Value<string>("one-line summary", "--summary");
    private readonly Option<string?> _changelog = CliOptions.Value<string>(
        "file with the changelog, Markdown",
        "--changelog"
    );
    private readonly Option<string[]> _cves = new("--cve")
    {
        Description = "CVE that the patch fixes; can be repeated",
        HelpName = "CVE",
    };

    /// <summary>Adds the options.</summary>
    public void AddTo(Command command)
    {
        foreach (
            var option in new Option[]
            {
                _released,
                _channel,
                _distro,
                _release,
                _euname,
                _machine,
                _summary,
                _changelog,
                _cves,
            }
        )
            command.Options.Add(option);
    }

    /// <summary>What they say of the patchset.</summary>
    public Manifest Head(ParseResult parsed, string name, Product product, TimeProvider time) =>
        new()
        {
            Name = name,
            Product = product,
            Released = Released(parsed.GetValue(_released), time),
            Channel = parsed.GetValue(_channel) ?? "default",
            Distros = parsed.GetValue(_distro) is { } distro ? [distro] : [],
            Summary = parsed.GetValue(_summary) ?? "",
            Changelog = parsed.GetValue(_changelog) is { } file ? ArchiveFile.ReadText(file) : "",
            Targets = [],
        };

    /// <summary>What they say of its patch.</summary>
    public ManifestTarget Target(ParseResult parsed, string id, int level) =>
        new()
        {
            Id = id,
            Level = level,
            Distro = parsed.GetValue(_distro),
            Release = parsed.GetValue(_release),
            Euname = parsed.GetValue(_euname),
            Machine = parsed.GetValue(_machine),
            Cves = parsed.GetValue(_cves) ?? [],
            Files = new Dictionary<string, FileEntry>(),
        };

    private static DateTimeOffset Released(string? text, TimeProvider time)
    {
        if (text is null)
            return DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        return DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var released
        )
            ? released
            : throw new CliException($"invalid time '{text}': use RFC 3339, such as 2025-11-12T06:00:00Z");
    }
}
