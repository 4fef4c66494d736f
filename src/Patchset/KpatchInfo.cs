using System.Text;

namespace EPortal.Format;

/// <summary>One fix in a patch.</summary>
public sealed record KpatchFix
{
    /// <summary>Name of the fix.</summary>
    public string Name { get; init; } = "";

    /// <summary>What it fixes.</summary>
    public string Description { get; init; } = "";

    /// <summary>Kernel version that has it.</summary>
    public string Kernel { get; init; } = "";

    /// <summary>CVEs, commas or spaces between them, or <c>N/A</c>.</summary>
    public string Cve { get; init; } = "";

    /// <summary>CVSS score.</summary>
    public string Cvss { get; init; } = "";

    /// <summary>Address of the CVE's description.</summary>
    public string CveUrl { get; init; } = "";

    /// <summary>Address of the source patch.</summary>
    public string PatchUrl { get; init; } = "";

    /// <summary>The CVEs one by one.</summary>
    public IReadOnlyList<string> Cves =>
        Cve == "N/A" ? [] : Cve.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>What a kernel patch brings, as agents and scanners read it: <c>kpatch.info</c>.</summary>
public sealed record KpatchInfo
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "kpatch.info";

    private const int MaxLength = 16 << 20;

    /// <summary>Distribution.</summary>
    public string Os { get; init; } = "";

    /// <summary>Kernel as installed.</summary>
    public string Kernel { get; init; } = "";

    /// <summary>When the patch was made.</summary>
    public string Time { get; init; } = "";

    /// <summary>Effective kernel.</summary>
    public string Uname { get; init; } = "";

    /// <summary>The fixes.</summary>
    public IReadOnlyList<KpatchFix> Fixes { get; init; } = [];

    /// <summary>Reads the text; unknown lines are ignored.</summary>
    /// <exception cref="PatchsetException">It is larger than 16 MiB.</exception>
    public static KpatchInfo Parse(string text)
    {
        if (text.Length > MaxLength)
            throw new PatchsetException(
                PatchsetErrorCode.LimitExceeded,
                $"{FileName} is larger than {MaxLength} characters"
            );
        var blocks = Blocks(text.ReplaceLineEndings("\n").Split('\n'));
        var head = blocks.FirstOrDefault(block => !block.ContainsKey("kpatch-name")) ?? [];
        return new KpatchInfo
        {
            Os = head.GetValueOrDefault("OS", ""),
            Kernel = head.GetValueOrDefault("kernel", ""),
            Time = head.GetValueOrDefault("time", ""),
            Uname = head.GetValueOrDefault("uname", ""),
            Fixes = [.. blocks.Where(block => block.ContainsKey("kpatch-name")).Select(Fix)],
        };
    }

    /// <summary>Writes what <see cref="Parse"/> reads; line ends inside values become spaces.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        Append(text, ("OS", Os), ("kernel", Kernel), ("time", Time), ("uname", Uname));
        foreach (var fix in Fixes)
        {
            Append(
                text,
                ("kpatch-name", fix.Name),
                ("kpatch-description", fix.Description),
                ("kpatch-kernel", fix.Kernel),
                ("kpatch-cve", fix.Cve),
                ("kpatch-cvss", fix.Cvss),
                ("kpatch-cve-url", fix.CveUrl),
                ("kpatch-patch-url", fix.PatchUrl)
            );
        }

        return text.ToString();
    }

    private static KpatchFix Fix(Dictionary<string, string> block) =>
        new()
        {
            Name = block.GetValueOrDefault("kpatch-name", ""),
            Description = block.GetValueOrDefault("kpatch-description", ""),
            Kernel = block.GetValueOrDefault("kpatch-kernel", ""),
            Cve = block.GetValueOrDefault("kpatch-cve", ""),
            Cvss = block.GetValueOrDefault("kpatch-cvss", ""),
            CveUrl = block.GetValueOrDefault("kpatch-cve-url", ""),
            PatchUrl = block.GetValueOrDefault("kpatch-patch-url", ""),
        };

    /// <summary>Fields by blocks; a line of nothing but blanks ends one.</summary>
    private static List<Dictionary<string, string>> Blocks(string[] lines)
    {
        var blocks = new List<Dictionary<string, string>>();
        Dictionary<string, string>? block = null;
        foreach (var line in lines)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (string.IsNullOrWhiteSpace(line))
                block = null;
            if (colon <= 0)
                continue;
            if (block is null)
                blocks.Add(block = new Dictionary<string, string>(StringComparer.Ordinal));
            block[line[..colon].Trim()] = line[(colon + 1)..].Trim();
        }

        return blocks;
    }

    private static void Append(StringBuilder text, params ReadOnlySpan<(string Name, string Value)> fields)
    {
        foreach (var (name, value) in fields)
            text.Append(name).Append(": ").Append(value.ReplaceLineEndings(" ").Trim()).Append('\n');
        text.Append('\n');
    }
}
